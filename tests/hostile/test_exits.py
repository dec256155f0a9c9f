"""Whatever leaves as text, leaves without secrets: each way out, with a canary in every field of every event."""

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any

import pytest
from hypothesis import Phase, find, settings
from hypothesis import strategies as st

from aura.cli.crashes import describe_crash
from aura.config.paths import state_dir
from aura.core.events import Recorded, SessionStarted
from aura.safety.redact import known_secrets, redact
from aura.store.export import export_jsonl, export_markdown
from aura.store.export_html import export_html
from tests.store import samples

PLAIN = "zq-exit/canary+0815-deadbeef"
ODD = 'quo"te\\back-4711-<é>-canary'
SHAPED = "sk-ant-api03-canary0123456789abcdef"
TEXT = f"before {PLAIN} and {ODD} and {SHAPED} behind"
WAYS: dict[str, Callable[..., Iterable[str]]] = {
    "jsonl": export_jsonl,
    "markdown": export_markdown,
    "html": export_html,
}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRST_API_KEY", PLAIN)
    monkeypatch.setenv("SECOND_TOKEN", ODD)


QUICK = settings(max_examples=20, phases=[Phase.generate], database=None, derandomize=True)


@cache
def make_events() -> list[Recorded]:
    """One event of every type that is kept, with the canaries in all its texts."""
    text = st.just(TEXT)
    json = st.fixed_dictionaries({"deep": st.lists(text, min_size=1, max_size=1)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(samples, "TEXTS", text)
        patch.setattr(samples, "JSON", json)
        kinds = [kind for kind in samples.DURABLE if kind is not SessionStarted]
        found = [find(samples.events(kind), lambda event: True, settings=QUICK) for kind in kinds]
    made: list[Any] = [SessionStarted("s", "/work", "1"), *found]
    return [Recorded(number, 1.0 * number, event) for number, event in enumerate(made, start=1)]


@pytest.mark.parametrize("way", WAYS)
def test_an_export_has_none_in_any_field(way: str) -> None:
    events = make_events()
    open_text = "".join(WAYS[way](events, None))
    assert "canary" in open_text, "else there would be nothing to hide"
    hidden = "".join(WAYS[way](events, partial(redact, secrets=known_secrets())))
    assert hidden
    for word in ("canary", "deadbeef", "4711"):
        at = hidden.find(word)
        assert at < 0, hidden[max(0, at - 200) : at + 40]


def test_a_crash_file_has_none() -> None:
    def fail(secret: str) -> str:
        raise RuntimeError(f"it broke with {secret}")

    said = ""
    try:
        said = fail(TEXT)
    except RuntimeError as error:
        said = describe_crash(error)
    files = list((state_dir() / "crashes").iterdir())
    assert files
    said += "".join(path.read_text() for path in files)
    assert "canary" not in said
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
