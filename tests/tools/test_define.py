"""`@tool`: schemas without noise, mistakes put right or named by their path."""

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from aura.core.errors import ToolError
from aura.core.tools import Access, Effect, Tool, ToolContext, ToolOutput
from aura.tools.define import Fields, tool
from tests.tools.fakes import make_context


class Item(Fields):
    old: str
    new: str
    all: bool = False


@tool(
    name="Sample",
    effect=Effect.WRITE,
    access=lambda arguments: Access(writes=(arguments["path"],)),
    aliases={"file_path": "path"},
)
async def sample(  # noqa: PLR0917 - all kinds of parameters at once
    context: ToolContext,
    path: Annotated[str, "where"],
    items: Annotated[list[Item], "what"],
    limit: Annotated[int, "how many"] = 5,
    ratio: Annotated[float | None, "optional"] = None,
    fast: Annotated[bool, "quickly"] = False,
    mode: Annotated[Literal["content", "files"], "how"] = "content",
    tags: Annotated[list[str], "labels"] = [],  # noqa: B006 - the schema reads it, nobody changes it
    json: Annotated[str, "a name that models have as a method"] = "",
) -> str:
    """Do a thing.

    In two paragraphs.
    """
    return f"{path} {[(item.old, item.new, item.all) for item in items]} {limit} {ratio} {fast} {mode} {tags} {json}"


def titles(node: Any) -> int:
    if isinstance(node, dict):
        return ("title" in node or "$ref" in node) + sum(map(titles, node.values()))
    return sum(map(titles, node)) if isinstance(node, list) else 0


def test_the_schema_is_a_strict_object_without_noise() -> None:
    typed: Tool = sample
    schema = typed.spec.parameters
    assert schema["type"] == "object" and schema["additionalProperties"] is False
    assert schema["required"] == ["path", "items"]
    assert titles(schema) == 0 and "$defs" not in schema
    assert schema["properties"]["path"] == {"type": "string", "description": "where"}
    assert schema["properties"]["ratio"] == {"type": "number", "description": "optional"}
    assert schema["properties"]["limit"] == {"type": "integer", "default": 5, "description": "how many"}
    inner = schema["properties"]["items"]["items"]
    assert inner["additionalProperties"] is False and inner["required"] == ["old", "new"]
    assert typed.spec.description == "Do a thing.\n\nIn two paragraphs."


GOOD: dict[str, Any] = {"path": "a", "items": [{"old": "x", "new": "y"}]}


def test_defaults_are_filled_in_as_plain_values() -> None:
    assert sample.validate(GOOD) == {
        "path": "a",
        "items": [{"old": "x", "new": "y", "all": False}],
        "limit": 5,
        "ratio": None,
        "fast": False,
        "mode": "content",
        "tags": [],
        "json": "",
    }
    assert sample.access(sample.validate(GOOD)) == Access(writes=("a",))


@pytest.mark.parametrize(
    ("given", "name", "expected"),
    [
        ({"limit": "7"}, "limit", 7),
        ({"limit": 7.0}, "limit", 7),
        ({"limit": None}, "limit", 5),
        ({"fast": "true"}, "fast", True),
        ({"fast": "False"}, "fast", False),
        ({"ratio": "0.5"}, "ratio", 0.5),
        ({"ratio": None}, "ratio", None),
        ({"mode": "Files"}, "mode", "files"),
        ({"tags": '["a", "b"]'}, "tags", ["a", "b"]),
        ({"tags": "a"}, "tags", ["a"]),
        ({"json": 5}, "json", "5"),
        ({"items": '[{"old": "x", "new": "y"}]'}, "items", [{"old": "x", "new": "y", "all": False}]),
        ({"items": {"old": "x", "new": "y"}}, "items", [{"old": "x", "new": "y", "all": False}]),
        ({"items": ['{"old": "x", "new": "y"}']}, "items", [{"old": "x", "new": "y", "all": False}]),
        (
            {"items": [{"old": "x", "new": "y", "all": None}]},
            "items",
            [{"old": "x", "new": "y", "all": False}],
        ),
        ({"path": None, "file_path": "b"}, "path", None),
    ],
)
def test_harmless_mistakes_are_put_right(given: dict[str, Any], name: str, expected: Any) -> None:
    if expected is None and name == "path":
        with pytest.raises(ToolError, match="path has to be text"):
            sample.validate({**GOOD, **given})
        return
    assert sample.validate({**GOOD, **given})[name] == expected


def test_an_alias_stands_in_for_a_missing_name() -> None:
    assert sample.validate({"file_path": "b", "items": []})["path"] == "b"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"items": []}, "path is missing"),
        ({**GOOD, "limitt": 1}, "limitt is not a field (did you mean limit?)"),
        ({**GOOD, "xyz": 1}, "xyz is not a field (known are path, items"),
        ({"path": "a", "items": [{"old": "x"}]}, "items[0].new is missing"),
        (
            {"path": "a", "items": [{"old": "x", "new": "y", "alll": 1}]},
            "items[0].alll is not a field (did you mean all?)",
        ),
        ({**GOOD, "limit": "many"}, "limit has to be a whole number"),
        ({**GOOD, "limit": 1.5}, "limit has to be a whole number"),
        ({**GOOD, "fast": "perhaps"}, "fast has to be true or false"),
        ({**GOOD, "mode": "lines"}, "mode has to be one of content, files"),
        ({**GOOD, "items": "nothing"}, "items has to be a list"),
        ({**GOOD, "path": ["a"]}, "path has to be text"),
    ],
)
def test_other_mistakes_are_named_by_their_path(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ToolError) as caught:
        sample.validate(given)
    assert sentence in caught.value.sentence
    assert caught.value.sentence.startswith("Wrong arguments for Sample: ")


async def test_a_call_gets_typed_values_and_may_return_text(tmp_path: Path) -> None:
    output = await sample(make_context(tmp_path), sample.validate({**GOOD, "json": "j"}))
    assert output == ToolOutput("a [('x', 'y', False)] 5 None False content [] j")
