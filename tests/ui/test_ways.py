"""Ways to a model and to trust: what a key's form says, what is kept and how, why a session did not open."""

import http.server
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.config.load import load
from aura.config.paths import config_dir, user_config_file
from aura.core.errors import AuraError, ConfigError, SessionLocked
from aura.models.catalog import WAYS, resolve
from aura.models.keys import auth_file, read_keys
from aura.safety.trust import add_trust, is_trusted
from aura.store.lease import Lease
from aura.ui import ways


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("sk-ant-api03-abc", ["anthropic"]),
        ("sk-or-v1-abc", ["openrouter"]),
        ("sk-proj-abc", ["openai"]),
        ("  sk-svcacct-abc\n", ["openai"]),
        ("AIzaSyabc", ["gemini"]),
        ("gsk_abc", ["groq"]),
        ("xai-abc", ["xai"]),
        ("csk-abc", ["cerebras"]),
        ("fw_abc", ["fireworks_ai"]),
        ("tgp_v1_abc", ["together_ai"]),
        ("0123456789abcdef0123456789abcdef.AbCdEfGhIjKlMnOp", ["zai"]),
        ("0123456789abcdef0123456789abcdef", []),
        ("something", []),
        ("", []),
    ],
)
def test_the_form_of_a_key_names_its_provider(key: str, expected: list[str]) -> None:
    assert [provider.name for provider in ways.guess_providers(key)] == expected


def test_a_form_that_several_use_is_asked_about_the_likeliest_first() -> None:
    found = [provider.name for provider in ways.guess_providers("sk-0123456789abcdef")]
    assert found[0] == "openai" and len(found) > 1
    assert set(found) <= {provider.name for provider in ways.key_providers()}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "first"),
        ("https://example.org/key", "address"),
        ("two words here", "blanks"),
        ("sk-ant-\x1b[31mred-key", "special"),
        ("sk-1", "short"),
    ],
)
def test_what_cannot_be_a_key_is_refused_without_repeating_it(text: str, word: str) -> None:
    fault = ways.find_fault_in_key(text)
    assert word in fault
    assert not text or text not in fault


def test_a_key_is_kept_for_its_owner_only(monkeypatch: pytest.MonkeyPatch) -> None:
    said = ways.keep_key("claude", "sk-ant-0123456789abcdef")
    assert read_keys() == {"anthropic": "sk-ant-0123456789abcdef"}
    assert stat.S_IMODE(auth_file().stat().st_mode) == 0o600
    assert "Anthropic" in said and "0123456789" not in said
    monkeypatch.setenv("ANTHROPIC_API_KEY", "another")
    assert "ANTHROPIC_API_KEY is set as well" in ways.keep_key("anthropic", "sk-ant-0123456789abcdef")


def test_a_key_of_nobody_is_not_kept() -> None:
    with pytest.raises(ConfigError, match="no provider"):
        ways.keep_key("nobody", "sk-0123456789abcdef")
    assert not auth_file().exists()


def test_where_a_key_is_from_is_told_without_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ways.tell_key_source("anthropic/claude-x") == ""
    ways.keep_key("anthropic", "sk-ant-0123456789abcdef")
    assert ways.tell_key_source("anthropic/claude-x") == "key kept by aura auth"
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-0123456789abcdef")
    assert ways.tell_key_source("anthropic/claude-x") == "key from ANTHROPIC_API_KEY"
    assert ways.tell_key_source("ollama/qwen3") == "on this machine"
    assert ways.tell_key_source("script:x.yaml") == ""
    auth_file().chmod(0o644)
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    assert ways.tell_key_source("anthropic/claude-x") == ""  # a file that others can read is told elsewhere


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("openai/gpt-6-luna", {"model": "openai/gpt-6-luna"}),
        ("ollama/qwen3:8b", {"model": "ollama/qwen3:8b"}),
        ("sonnet", {"model": "sonnet"}),
        ("http://127.0.0.1:8000/v1", {"models.base_url": "http://127.0.0.1:8000/v1"}),
        ("localhost:8000", {"models.base_url": "http://localhost:8000"}),
        ("127.0.0.1:8000/v1 m", {"models.base_url": "http://127.0.0.1:8000/v1", "model": "openai/m"}),
        ("https://gpu.lan:1/v1  org/m", {"models.base_url": "https://gpu.lan:1/v1", "model": "openai/org/m"}),
    ],
)
def test_a_model_or_a_server_is_read_from_what_was_typed(text: str, expected: dict[str, str]) -> None:
    assert ways.read_endpoint(text) == expected


@pytest.mark.parametrize("text", ["", "  ", "a model with blanks", "http://x y z", "ftp://127.0.0.1/x"])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        ways.read_endpoint(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        settings = ways.read_endpoint(text)
    except ConfigError:
        return
    assert settings and all(not any(letter.isspace() for letter in value) for value in settings.values())


def test_settings_are_kept_by_the_command_for_it() -> None:
    ways.keep_settings({"model": "openai/gpt-6-luna"})
    assert "openai/gpt-6-luna" in user_config_file().read_text()
    with pytest.raises(AuraError, match="is not a setting"):
        ways.keep_settings({"modell": "x"})


# --- local servers ------------------------------------------------------------------------------------------


class Server(http.server.BaseHTTPRequestHandler):
    """Answers as Ollama does, with one model that can call tools and one that cannot."""

    def do_GET(self) -> None:
        self._answer({"models": [{"name": "coder:7b"}, {"name": "plain\x1b[31m:1b"}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["model"]
        words = ["completion", "tools"] if asked.startswith("coder") else ["completion"]
        self._answer({"capabilities": words, "model_info": {"x.context_length": 131072}})

    def _answer(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def ollama(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"127.0.0.1:{server.server_port}"
    monkeypatch.setenv("OLLAMA_HOST", address)
    yield address
    server.shutdown()
    thread.join()
    server.server_close()


def test_local_models_that_call_tools_are_found(ollama: str) -> None:
    found = ways.find_local_models()
    mine = [model for model in found.models if model.server == "Ollama"]
    assert [model.name for model in mine] == ["ollama/coder:7b"]
    assert mine[0].window > 0
    assert not any(one.startswith("Ollama") for one in found.missing)


def test_where_nobody_answers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OLLAMA_HOST", "LM_STUDIO_API_BASE", "LLAMACPP_API_BASE", "VLLM_API_BASE"):
        monkeypatch.setenv(name, "127.0.0.1:9")  # nobody may listen there
    found = ways.find_local_models()
    assert found.models == ()
    assert len(found.missing) == 4


# --- why a session did not open -----------------------------------------------------------------------------


def test_without_a_model_it_is_a_first_run() -> None:
    assert ways.read_failure(WAYS.rstrip(), 2).kind == "no_model"


def test_a_missing_key_is_told_apart() -> None:
    with pytest.raises(ConfigError) as caught:
        resolve("anthropic/claude-sonnet-5-5")
    assert ways.read_failure(caught.value.sentence, caught.value.exit_code).kind == "key"


def test_a_wrong_setting_names_its_file_and_line(tmp_path: Path) -> None:
    config_dir()
    user_config_file().write_text("model: x/y\nauto:\n  max_stepz: 3\n")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, {}, trusted=False)
    failure = ways.read_failure(caught.value.sentence, caught.value.exit_code)
    assert (failure.kind, failure.file, failure.line) == ("config", str(user_config_file()), 3)


def test_a_file_that_is_no_yaml_is_named_as_well(tmp_path: Path) -> None:
    config_dir()
    user_config_file().write_text("model: [\n")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, {}, trusted=False)
    failure = ways.read_failure(caught.value.sentence, caught.value.exit_code)
    assert failure.kind == "config" and failure.file == str(user_config_file())


def test_a_session_that_is_open_elsewhere_is_told_apart(tmp_path: Path) -> None:
    lease = Lease.acquire(tmp_path)
    try:
        with pytest.raises(SessionLocked) as caught:
            Lease.acquire(tmp_path)
    finally:
        lease.release()
    assert ways.read_failure(caught.value.sentence, caught.value.exit_code).kind == "locked"


def test_all_else_is_told_as_it_is_without_escape_sequences() -> None:
    failure = ways.read_failure("The disk\x1b[31m is full.", 1)
    assert failure.kind == "other" and failure.sentence == "The disk is full."


# --- trust --------------------------------------------------------------------------------------------------


def bring(folder: Path) -> None:
    plugin = folder / ".aura" / "plugins" / "changelog"
    plugin.mkdir(parents=True)
    (plugin / "plugin.py").write_text("")
    (plugin / "plugin.yaml").write_text("")
    (folder / ".aura" / "config.yaml").write_text("")


def test_what_a_folder_would_bring_is_named(tmp_path: Path) -> None:
    assert not ways.find_brought(tmp_path)
    bring(tmp_path)
    brought = ways.find_brought(tmp_path)
    assert brought.settings == (".aura/config.yaml",)
    assert brought.plugins == ("changelog (2 files)",)
    assert not brought.changed


def test_a_folder_that_changed_since_it_was_trusted_says_so(tmp_path: Path) -> None:
    bring(tmp_path)
    ways.trust_folder(tmp_path)
    assert is_trusted(tmp_path)
    (tmp_path / ".aura" / "config.yaml").write_text("mode: yolo")
    assert not is_trusted(tmp_path)
    assert ways.find_brought(tmp_path).changed


def test_untrusted_is_only_what_brings_something(tmp_path: Path) -> None:
    assert ways.find_untrusted(tmp_path) is None
    bring(tmp_path)
    assert ways.find_untrusted(tmp_path) == ways.find_brought(tmp_path)
    add_trust(tmp_path)
    assert ways.find_untrusted(tmp_path) is None


def test_nothing_heavy_is_imported() -> None:
    code = """
import sys
import aura.ui.ways as ways, aura.ui.sessions, pathlib
light = "textual" not in sys.modules
import aura.ui.tui.welcome
from aura.ui.tui.docks import help, models, onboarding, palette, sessions, themes, trusting
ways.keep_key("anthropic", "sk-ant-0123456789abcdef"); ways.find_brought(pathlib.Path()); ways.find_local_models()
aura.ui.sessions.find_sessions(pathlib.Path())
heavy = ("pydantic", "litellm", "httpx", "ruamel", "aura.config.schema", "aura.app.build")
print(light, [name for name in heavy if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "True []"
