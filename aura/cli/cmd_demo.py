"""aura demo: the whole engine finishes a real job, with a script in the place of a language model."""

import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aura.models.script import Script

PACE = 0.6  # seconds a reply takes when somebody watches; a model takes longer
TESTS = "python -m pytest -q"
PLAIN_TESTS = "python -m unittest"  # where pytest is not installed beside aura
MODEL = "openai/demo"
PROMPT = "The tests of the package invoicing fail. Find out why and repair the code, not the tests."

INTRODUCTION = """\
A small Python project with failing tests was copied to {folder}.
aura is going to repair it by itself, in auto mode: it reads, runs the tests, edits, and may only stop when they pass.

The language model is a script, played by a server on 127.0.0.1, and nothing leaves this machine. Everything else is
real: the HTTP calls, the tools, the edits, the test runs, the check at the end. Each line of the script waits for
what the tools really return; if one of them broke, the script would have no answer and the demo would fail.
"""

ENDING = """
Done by the script in {requests} model calls{kept}.

With a real model:  export ANTHROPIC_API_KEY=…  (or OPENAI_API_KEY, GEMINI_API_KEY, …; or `aura auth set PROVIDER`),
                    or start Ollama, LM Studio, llama.cpp or vLLM; `aura models` shows what was found.
Then, in a project: aura run --auto --check "pytest -q" "make the tests pass"
"""

FAILURE = "The demo failed, see above. Its folder is kept: {folder}"


@click.command("demo")
@click.option("--keep", is_flag=True, help="Keep the repaired project and its session.")
@click.option("--fast", is_flag=True, help="Do not slow down for people (the default without a terminal).")
@click.option("--pace", type=click.FloatRange(0, 60), metavar="SECONDS", help="How long each reply takes.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(*, keep: bool, fast: bool, pace: float | None, as_json: bool) -> int:
    """Watch aura finish a real job in auto mode; needs no key and no network."""
    if pace is None:
        pace = 0.0 if fast or not sys.stderr.isatty() else PACE
    return run_demo(keep=keep, pace=pace, as_json=as_json)


def run_demo(*, keep: bool, pace: float, as_json: bool) -> int:
    """Run the demo in a temporary folder and return the exit code of the run; a failed one leaves its folder."""
    from aura.demo.server import serving

    folder = Path(tempfile.mkdtemp(prefix="aura-demo-")).resolve()
    project = folder / "invoicing"
    shutil.copytree(demo_folder() / "project", project, ignore=shutil.ignore_patterns("__pycache__"))
    tests = find_test_command()
    _prepare_environment(folder)
    if not as_json:
        click.echo(INTRODUCTION.format(folder=project))
    code = 1
    try:
        with serving(read_script(tests, pace)) as server:
            code = _run(project, server.url, tests, as_json=as_json)
    finally:
        if code:
            click.echo(FAILURE.format(folder=folder), err=True)
        elif not keep:
            shutil.rmtree(folder, ignore_errors=True)
    if not as_json and not code:
        kept = f"; the project is kept in {project}" if keep else ""
        click.echo(ENDING.format(requests=server.requests, kept=kept))
    return code


def demo_folder() -> Path:
    """Where the demo's project and script lie."""
    import aura.demo

    return Path(aura.demo.__file__).parent


def find_test_command() -> str:
    """How the project's tests are run here: with pytest, where it is installed beside aura."""
    import importlib.util

    return TESTS if importlib.util.find_spec("pytest") else PLAIN_TESTS


def read_script(tests: str, pace: float) -> "Script":
    """The demo's script, with the command for the tests and the seconds that each reply takes."""
    from aura.models.script_yaml import parse_script

    text = (demo_folder() / "script.yaml").read_text(encoding="utf-8").replace(TESTS, tests)
    script = parse_script(text, "demo")
    return replace(script, replies=tuple(replace(reply, delay=pace) for reply in script.replies))


def _run(project: Path, url: str, tests: str, *, as_json: bool) -> int:
    """One unattended run in auto mode against the server, as `aura run` would do it."""
    from aura.app.options import SessionOptions
    from aura.core.permissions import Mode
    from aura.ui.headless import HeadlessOptions, run_headless

    session = SessionOptions(
        workspace=project,
        flags={
            "model": MODEL,
            "models.base_url": f"{url}/v1",
            "models.prices": {MODEL: {"input": 0.0, "output": 0.0}},
            "auto.enabled": True,
        },
        auto=True,
        mode=Mode.AUTO,
        checks=(tests,),
        unattended=True,
        trusted=True,
    )
    prompt = f"{PROMPT} The tests are run with `{tests}`."
    return run_headless(HeadlessOptions(session, (prompt,), "json" if as_json else "text", "off"))


def _prepare_environment(folder: Path) -> None:
    """Settings of its own for this process, and `python` as the interpreter that aura runs under."""
    for name in [name for name in os.environ if name.startswith("AURA_")]:
        del os.environ[name]
    os.environ["AURA_HOME"] = str(folder / "home")
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    beside = Path(sys.executable).parent
    if not (beside / "python").exists():
        beside = folder / "bin"
        beside.mkdir()
        (beside / "python").symlink_to(sys.executable)
    os.environ["PATH"] = f"{beside}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
