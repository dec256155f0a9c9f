"""aura demo: the whole engine finishes a real job, with a script in the place of a language model."""

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

if TYPE_CHECKING:
    from aura.app.options import SessionOptions
    from aura.cli.scratch import Scratch
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

WHAT_NOW = """\
With a real model:  export ANTHROPIC_API_KEY=…  (or OPENAI_API_KEY, GEMINI_API_KEY, …; or `aura auth set PROVIDER`),
                    or start Ollama, LM Studio, llama.cpp or vLLM; `aura models` shows what was found.
Then, in a project: aura                                    (the interface; Ctrl+A lets it go on by itself)
                    aura run --auto --check "pytest -q" "make the tests pass"
"""

ENDING = "\nDone by the script in {requests} model calls{kept}.\n"
FAILURE = "The demo failed, see above. Its folder is kept: {folder}"


@click.command("demo")
@click.option("--keep", is_flag=True, help="Keep the repaired project and its session.")
@click.option("--fast", is_flag=True, help="Do not slow down for people (the default without a terminal).")
@click.option("--pace", type=click.FloatRange(0, 60), metavar="SECONDS", help="How long each reply takes.")
@click.option(
    "--lines", is_flag=True, help="Print lines, as `aura run` does, instead of opening the interface."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(*, keep: bool, fast: bool, pace: float | None, lines: bool, as_json: bool) -> int:
    """Watch aura finish a real job in auto mode; needs no key and no network.

    On a terminal it opens the interface, else it prints lines.
    """
    if not (lines or as_json) and _fits_screen():
        return show_demo(keep=keep, pace=(0.0 if fast else PACE) if pace is None else pace)
    if pace is None:
        pace = 0.0 if fast or not sys.stderr.isatty() else PACE
    return run_demo(keep=keep, pace=pace, as_json=as_json)


def _fits_screen() -> bool:
    """Whether the terminal takes the full-screen interface."""
    from aura.ui.manners import choose_face

    return choose_face(os.environ, sys.stdin, sys.stdout, shutil.get_terminal_size()) == "tui"


def unwrap(text: str) -> str:
    """The text with each paragraph on one line, for a screen that breaks lines by itself."""
    return "\n\n".join(part.strip().replace("\n", " ") for part in text.split("\n\n"))


def show_demo(*, keep: bool, pace: float) -> int:
    """Open the interface on the demo, which begins by itself; the exit code."""
    from aura.cli.crashes import describe_crash
    from aura.ui.tui.run import TuiOptions, run_tui

    scratch, project, tests = prepare_demo()
    extra = ("--demo", "--pace", str(pace))
    intro = unwrap(INTRODUCTION.format(folder=project))
    try:
        options = TuiOptions(demo_session(project, tests), demo_prompt(tests), demo=extra, intro=intro)
        code = run_tui(replace(options, tell_crash=describe_crash))
    finally:
        (scratch.keep if keep else scratch.remove)()
    click.echo(WHAT_NOW if not keep else f"The project is kept in {project}.\n{WHAT_NOW}")
    return code


def prepare_demo() -> "tuple[Scratch, Path, str]":
    """A temporary folder, the broken project in it, and the command for its tests; this process is set up for them."""
    from aura.cli.scratch import make_scratch

    scratch = make_scratch()
    folder = scratch.folder
    project = folder / "invoicing"
    shutil.copytree(demo_folder() / "project", project, ignore=shutil.ignore_patterns("__pycache__"))
    _prepare_environment(folder)
    return scratch, project, find_test_command()


def run_demo(*, keep: bool, pace: float, as_json: bool) -> int:
    """Run the demo in a temporary folder and return the exit code of the run; a failed one leaves its folder."""
    from aura.demo.server import serving

    scratch, project, tests = prepare_demo()
    if not as_json:
        click.echo(INTRODUCTION.format(folder=project))
    code = 1
    try:
        with serving(read_script(tests, pace)) as server:
            code = _run(project, server.url, tests, as_json=as_json)
    finally:
        if code:
            click.echo(FAILURE.format(folder=scratch.folder), err=True)
        (scratch.keep if code or keep else scratch.remove)()
    if not as_json and not code:
        kept = f"; the project is kept in {project}" if keep else ""
        click.echo(ENDING.format(requests=server.requests, kept=kept))
        click.echo(WHAT_NOW)
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


def demo_flags(url: str) -> dict[str, Any]:
    """The settings by which the model that is served at this address answers."""
    return {
        "model": MODEL,
        "models.base_url": f"{url}/v1",
        "models.prices": {MODEL: {"input": 0.0, "output": 0.0}},
    }


def demo_session(project: Path, tests: str) -> "SessionOptions":
    """The session that repairs the project in auto mode; its model is not named yet."""
    from aura.app.options import SessionOptions
    from aura.core.permissions import Mode

    return SessionOptions(
        workspace=project,
        flags={"auto.enabled": True},
        auto=True,
        mode=Mode.AUTO,
        checks=(tests,),
        unattended=True,
        trusted=True,
    )


def demo_prompt(tests: str) -> str:
    """What is asked for."""
    return f"{PROMPT} The tests are run with `{tests}`."


def _run(project: Path, url: str, tests: str, *, as_json: bool) -> int:
    """One unattended run in auto mode against the server, as `aura run` would do it."""
    from aura.ui.headless import HeadlessOptions, run_headless

    session = demo_session(project, tests)
    session = replace(session, flags={**session.flags, **demo_flags(url)})
    output: Literal["json", "text"] = "json" if as_json else "text"
    return run_headless(HeadlessOptions(session, (demo_prompt(tests),), output, "off"))


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
