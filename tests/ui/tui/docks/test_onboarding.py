"""First run: keys, servers, models, trust."""

import threading
from pathlib import Path

import pytest

from aura.config.paths import user_config_file
from aura.core.errors import AuraError
from aura.models.catalog import WAYS
from aura.models.keys import auth_file, read_keys
from aura.safety.trust import is_trusted
from aura.ui import ways
from aura.ui.look import ASCII, Look
from aura.ui.tui.docks.onboarding import OFFERS, Onboarding
from aura.ui.tui.docks.results import Again
from tests.ui.tui.docks.plain_stage import VIEWS, show

KEY = "sk-ant-api03-0123456789abcdefghij"
UNKNOWN = "sk-0123456789abcdefghijklmnop"
NO_MODEL = ways.read_failure(WAYS, 2)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder that brings settings of its own."""
    folder = tmp_path / "project"
    (folder / ".aura").mkdir(parents=True)
    (folder / ".aura" / "config.yaml").write_text("model: x/y\n")
    return folder


@pytest.mark.parametrize(("size", "look"), VIEWS)
async def test_the_first_question_fits_and_can_be_skipped(
    tmp_path: Path, size: tuple[int, int], look: Look
) -> None:
    async with show(Onboarding(NO_MODEL, tmp_path), size=size, look=look) as it:
        for choice in OFFERS["no_model"]:
            assert choice.label in it.text
        assert look.colour or it.colours == set()
        assert look.signs != ASCII or it.text.isascii()
        await it.awake()
        await it.press("escape")
        assert await it.finished() is None


async def test_the_demo_needs_one_key(tmp_path: Path) -> None:
    async with show(Onboarding(NO_MODEL, tmp_path)) as it:
        await it.awake()
        await it.press("d")
        assert await it.finished() == Again(demo=True)


async def test_a_pasted_key_is_kept_once_and_never_shown(tmp_path: Path) -> None:
    async with show(Onboarding(NO_MODEL, tmp_path)) as it:
        await it.awake()
        await it.press("k")
        await it.paste(f"{KEY}\n")
        assert KEY not in it.text and KEY[:12] not in it.text and "ghij" in it.text
        await it.press("enter")
        assert await it.finished() == Again()
        assert read_keys() == {"anthropic": KEY}
        assert it.app.strayed == [] and KEY[:12] not in it.text


async def test_a_key_that_is_pasted_unasked_is_taken_and_goes_nowhere_else(tmp_path: Path) -> None:
    async with show(Onboarding(NO_MODEL, tmp_path)) as it:
        await it.paste(KEY)
        assert await it.finished() == Again()
        assert read_keys() == {"anthropic": KEY} and it.app.strayed == []


async def test_a_key_that_is_typed_leaves_no_letter_to_the_prompt(tmp_path: Path) -> None:
    async with show(Onboarding(NO_MODEL, tmp_path)) as it:
        await it.awake()
        await it.press("k")
        await it.type("gsk-")  # at once: within the dead time of the new question
        await it.type("x")
        assert it.app.strayed == []
        assert "*****" in it.text


async def test_a_key_of_unknown_form_is_asked_about(tmp_path: Path) -> None:
    async with show(Onboarding(NO_MODEL, tmp_path)) as it:
        await it.paste(UNKNOWN)
        assert "Whose key is it?" in it.text and "OpenAI" in it.text and UNKNOWN not in it.text
        await it.awake()
        await it.press("2")
        assert await it.finished() == Again()
        assert read_keys() == {"deepseek": UNKNOWN}


async def test_what_is_no_key_is_refused_and_can_be_tried_again(tmp_path: Path) -> None:
    async with show(Onboarding(NO_MODEL, tmp_path)) as it:
        await it.awake()
        await it.press("k")
        await it.paste("https://example.org")
        await it.press("enter")
        assert "address" in it.text and not auth_file().exists()
        await it.paste(KEY)
        await it.press("enter")
        assert await it.finished() == Again()


async def test_a_key_that_cannot_be_kept_is_told_and_all_begins_anew(tmp_path: Path) -> None:
    auth_file().parent.mkdir(parents=True, exist_ok=True)
    auth_file().write_text("no json")
    auth_file().chmod(0o600)
    async with show(Onboarding(NO_MODEL, tmp_path)) as it:
        await it.paste(KEY)
        await it.until(lambda: "is not valid" in " ".join(it.text.replace("│", " ").split()), "the sentence")
        assert "paste a key" in it.text and it.app.results == []


async def test_escape_goes_back_one_question_and_then_out(tmp_path: Path) -> None:
    async with show(Onboarding(NO_MODEL, tmp_path)) as it:
        for letter in ("k", "m"):
            await it.awake()
            await it.press(letter, "escape")
            assert "watch the demo" in it.text and it.app.results == []
        await it.paste(UNKNOWN)
        await it.awake()
        await it.press("escape")
        assert "watch the demo" in it.text
        await it.awake()
        await it.press("ctrl+c")
        assert await it.finished() is None
        assert not auth_file().exists()


async def test_a_model_is_kept_and_used(tmp_path: Path) -> None:
    async with show(Onboarding(NO_MODEL, tmp_path)) as it:
        await it.awake()
        await it.press("m")
        await it.type("a b")
        await it.press("enter")
        assert "has no blanks" in it.text and "a b" in it.text
        await it.press(*["backspace"] * 3)
        await it.type("openai/gpt-6-luna")
        await it.press("enter")
        assert await it.finished() == Again({"model": "openai/gpt-6-luna"})
        assert "gpt-6-luna" in user_config_file().read_text()


async def test_local_servers_are_looked_for_again_and_one_model_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[ways.Search] = [
        ways.Search((), ("Ollama at http://127.0.0.1:11434",)),
        ways.Search(
            (ways.LocalChoice("ollama/a:1b", 8192, "Ollama"), ways.LocalChoice("vllm/b", 0, "vLLM")), ()
        ),
    ]
    monkeypatch.setattr(ways, "find_local_models", lambda: looks.pop(0))
    kept: list[object] = []
    monkeypatch.setattr(ways, "keep_settings", kept.append)
    async with show(Onboarding(NO_MODEL, tmp_path)) as it:
        await it.awake()
        await it.press("l")
        await it.until(lambda: "11434" in it.text, "where it looked")
        await it.awake()
        await it.press("l")
        await it.until(lambda: "vllm/b" in it.text, "the models")
        await it.awake()
        await it.press("2")
        assert await it.finished() == Again({"model": "vllm/b"})
        assert kept == [{"model": "vllm/b"}]


@pytest.mark.parametrize(
    ("answer", "trusted"), [("t", True), ("n", False), ("enter", False), ("escape", False)]
)
async def test_trust_is_asked_last_and_only_where_something_is_brought(
    project: Path, answer: str, trusted: bool
) -> None:
    async with show(Onboarding(NO_MODEL, project)) as it:
        await it.paste(KEY)
        await it.until(lambda: ".aura/config.yaml" in it.text, "the question of trust")
        assert "Trust this folder?" in it.text and it.app.results == []
        await it.awake()
        await it.press(answer)
        assert await it.finished() == Again()
        assert is_trusted(project) == trusted


async def test_while_something_is_kept_nothing_else_can_be_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = threading.Event()

    def keep(provider: str, key: str) -> str:
        free.wait(10)
        raise AuraError("The disk is full.")

    monkeypatch.setattr(ways, "keep_key", keep)
    async with show(Onboarding(NO_MODEL, tmp_path)) as it:
        await it.paste(KEY)
        await it.until(lambda: "Keeping it" in it.text, "the wait")
        await it.awake()
        await it.press("d", "enter")
        assert it.app.results == []
        free.set()
        await it.until(lambda: "The disk is full." in it.text, "the sentence")
