"""`@tool`: an async function with typed, described parameters becomes a Tool."""

import difflib
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from dataclasses import Field as DataclassField
from typing import Annotated, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from aura.core.errors import ToolError
from aura.core.models import ToolSpec
from aura.core.tools import Access, Effect, Foreseen, ToolContext, ToolOutput

Arguments = Mapping[str, Any]
Schema = Mapping[str, Any]
AccessOf = Callable[[Arguments], Access]
Prepare = Callable[[dict[str, Any]], dict[str, Any]]
Foresee = Callable[[ToolContext, Arguments], Foreseen]
Body = Callable[..., Awaitable[ToolOutput | str]]

STRICT = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
PREFIX = "value_"  # keeps a parameter called `copy` or `json` from shadowing a method of the model
NAMED_PROBLEMS = 5

WANTED = {
    "string_type": "has to be text",
    "int_type": "has to be a whole number",
    "int_parsing": "has to be a whole number",
    "int_from_float": "has to be a whole number",
    "float_type": "has to be a number",
    "float_parsing": "has to be a number",
    "bool_type": "has to be true or false",
    "bool_parsing": "has to be true or false",
    "list_type": "has to be a list",
    "dict_type": "has to be an object",
    "model_type": "has to be an object",
    "missing": "is missing",
}


class Fields(BaseModel):
    """A nested object in a tool's parameters; unknown fields are refused."""

    model_config = STRICT


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """A Tool made of one function; `shape` validates its arguments.

    `foresee` tells what a call would do to files without doing it, or what it would be answered with instead; it may
    raise `ToolError` as the call would.
    """

    spec: ToolSpec
    effect: Effect
    body: Body
    shape: type[BaseModel]
    access_of: AccessOf | None = None
    prepare: Prepare | None = None
    aliases: Mapping[str, str] | None = None
    bundle: type | None = None
    foresee: Foresee | None = None

    def validate(self, arguments: Arguments) -> Arguments:
        """The arguments as plain JSON values with defaults filled in.

        What models get wrong without harm is put right: numbers as text, lists as JSON text, null for what is
        optional. Anything else raises `ToolError` with the path of each wrong field.
        """
        return self._check(arguments).model_dump(by_alias=True)

    def access(self, arguments: Arguments) -> Access:
        """What the call would touch."""
        return self.access_of(arguments) if self.access_of else Access()

    async def __call__(self, context: ToolContext, arguments: Arguments) -> ToolOutput:
        """Run the call; a body that returns text has said all in it."""
        model = self._check(arguments)
        values = {name.removeprefix(PREFIX): getattr(model, name) for name in type(model).model_fields}
        output = await (
            self.body(context, self.bundle(**values)) if self.bundle else self.body(context, **values)
        )
        return ToolOutput(output) if isinstance(output, str) else output

    def _check(self, arguments: Arguments) -> BaseModel:
        given = dict(arguments)
        for alias, meant in (self.aliases or {}).items():
            if alias in given and alias not in self.spec.parameters["properties"]:
                value = given.pop(alias)
                given.setdefault(meant, value)
        given = soften(given, self.spec.parameters)
        if self.prepare:
            given = soften(self.prepare(given), self.spec.parameters)
        try:
            return self.shape.model_validate(given)
        except ValidationError as error:
            problems = [
                _explain(item["loc"], item["type"], item["msg"], self.spec.parameters)
                for item in error.errors()
            ]
            told = "; ".join(dict.fromkeys(problems[:NAMED_PROBLEMS]))
            raise ToolError(f"Wrong arguments for {self.spec.name}: {told}.") from None


def tool(
    *,
    name: str,
    effect: Effect,
    access: AccessOf | None = None,
    prepare: Prepare | None = None,
    aliases: Mapping[str, str] | None = None,
    description: str = "",
    foresee: Foresee | None = None,
) -> Callable[[Body], FunctionTool]:
    """Make a Tool of an async function: context first, then typed parameters, `Annotated` with their descriptions.

    Many parameters may stand in a dataclass that is then the only one after the context. The docstring is what the
    model is told (unless `description` is given). `access` says what a call would touch,
    `aliases` maps other names of parameters to theirs, `prepare` rewrites raw arguments before they are validated,
    `foresee` is as in `FunctionTool`.
    """

    def make(body: Body) -> FunctionTool:
        bundle, parameters = _parameters_of(body)
        shape = _shape_of(parameters, name)
        schema = clean_schema(shape.model_json_schema(by_alias=True))
        spec = ToolSpec(name, inspect.cleandoc(description or body.__doc__ or ""), schema)
        return FunctionTool(spec, effect, body, shape, access, prepare, aliases, bundle, foresee)

    return make


Parameters = dict[str, tuple[Any, Any]]  # name: (annotation, default or ...)


def _parameters_of(body: Body) -> tuple[type | None, Parameters]:
    """The parameters after the context, and the dataclass that bundles them, if one does."""
    hints = get_type_hints(body, include_extras=True)
    own = list(inspect.signature(body).parameters.values())[1:]
    only = hints.get(own[0].name) if len(own) == 1 else None
    if isinstance(only, type) and is_dataclass(only):
        hints = get_type_hints(only, include_extras=True)
        return only, {item.name: (hints[item.name], _default_of(item)) for item in fields(only)}
    return None, {
        item.name: (
            hints.get(item.name, Any),
            ... if item.default is inspect.Parameter.empty else item.default,
        )
        for item in own
    }


def _default_of(item: "DataclassField[Any]") -> Any:
    if item.default_factory is not MISSING:
        return item.default_factory()
    return ... if item.default is MISSING else item.default


def _shape_of(parameters: Parameters, name: str) -> type[BaseModel]:
    """The pydantic model of some parameters."""
    shaped: dict[str, Any] = {
        PREFIX + own: (_describe(annotation), Field(default, alias=own))
        for own, (annotation, default) in parameters.items()
    }
    return create_model(name, __config__=STRICT, **shaped)


def _describe(annotation: Any) -> Any:
    """`Annotated[X, "text"]` as pydantic reads it, with the text as the description."""
    texts = [note for note in getattr(annotation, "__metadata__", ()) if isinstance(note, str)]
    return Annotated[annotation, Field(description=texts[0])] if texts else annotation


def clean_schema(schema: Schema) -> dict[str, Any]:
    """A strict object schema without titles, references, nulls and null defaults."""
    cleaned = _clean(schema, schema.get("$defs", {}))
    assert isinstance(cleaned, dict)
    cleaned.setdefault("properties", {})
    cleaned["additionalProperties"] = False
    return cleaned


def _clean(node: Any, definitions: Schema) -> Any:
    if isinstance(node, list):
        return [_clean(item, definitions) for item in node]
    if not isinstance(node, Mapping):
        return node
    if "$ref" in node:
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return _clean({**definitions[node["$ref"].rsplit("/", 1)[-1]], **beside}, definitions)
    choices = [item for item in node.get("anyOf", ()) if item.get("type") != "null"]
    if len(choices) == 1:
        beside = {key: value for key, value in node.items() if key != "anyOf"}
        return _clean({**choices[0], **beside}, definitions)
    kept = {}
    for key, value in node.items():
        is_noise = key in ("title", "$defs") or (key == "default" and value in (None, "", [], {}))
        if key == "properties":
            kept[key] = {name: _clean(item, definitions) for name, item in value.items()}
        elif not is_noise:
            kept[key] = _clean(value, definitions)
    return kept


def soften(value: Any, schema: Schema) -> Any:
    """A value with harmless mistakes put right, as far as its schema makes the meaning certain."""
    wanted = schema.get("type")
    if isinstance(value, str):
        value = _soften_text(value, schema)
    if wanted == "array" and isinstance(value, Mapping):
        value = [value]
    if wanted == "array" and isinstance(value, list):
        return [soften(item, schema.get("items", {})) for item in value]
    if wanted == "object" and isinstance(value, Mapping):
        properties, required = schema.get("properties", {}), schema.get("required", ())
        return {
            name: soften(item, properties.get(name, {}))
            for name, item in value.items()
            if item is not None or name in required or name not in properties
        }
    return value


def _soften_text(text: str, schema: Schema) -> Any:
    """Text where something else is wanted: JSON is read, one text becomes a list of one, case of a choice is mended."""
    wanted = schema.get("type")
    if wanted in ("array", "object"):
        try:
            read = json.loads(text)
        except ValueError:
            read = None
        if isinstance(read, list if wanted == "array" else Mapping) or (
            wanted == "array" and isinstance(read, Mapping)
        ):
            return read
        return (
            [text] if wanted == "array" and schema.get("items", {}).get("type") == "string" and text else text
        )
    choices = schema.get("enum", ())
    if choices and text not in choices:
        return next((choice for choice in choices if str(choice).lower() == text.strip().lower()), text)
    return text


def _explain(location: Sequence[str | int], kind: str, message: str, schema: Schema) -> str:
    """One problem as a clause: where it is and what is wanted there."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    if kind == "extra_forbidden":
        siblings = list(_schema_at(schema, location[:-1]).get("properties", {}))
        near = difflib.get_close_matches(str(location[-1]), siblings, 1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(siblings) or 'none'}"
        return f"{path} is not a field ({hint})"
    if kind == "literal_error":
        choices = _schema_at(schema, location).get("enum", ())
        return f"{path} has to be one of {', '.join(map(str, choices))}" if choices else f"{path}: {message}"
    return f"{path} {WANTED[kind]}" if kind in WANTED else f"{path}: {message}"


def _schema_at(schema: Schema, location: Sequence[str | int]) -> Schema:
    """The schema of what stands at a path."""
    for part in location:
        schema = (
            schema.get("items", {}) if isinstance(part, int) else schema.get("properties", {}).get(part, {})
        )
    return schema
