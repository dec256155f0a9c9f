"""The `aura` command: finds the subcommand by its file name, and turns every failure into one sentence."""

import difflib
import importlib
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from aura import __version__
from aura.core.errors import AuraError
from aura.core.text import clean

FOLDER = Path(__file__).parent
PREFIX = "cmd_"
CANCELLED = 130


class Commands(click.Group):
    """The subcommands: each is `cmd_<name>.py` in this folder and is imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = (path.stem.removeprefix(PREFIX) for path in FOLDER.glob(f"{PREFIX}*.py"))
        return sorted(name.replace("_", "-") for name in names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"aura.cli.{PREFIX}{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None:
            raise click.UsageError(self._miss(ctx, name), ctx)
        return name, command, args[1:]

    def _miss(self, ctx: click.Context, name: str) -> str:
        if name.startswith("-"):
            return f"there is no option {name}"
        near = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
        hint = f'did you mean "{near[0]}"?' if near else "`aura --help` lists them."
        return f'there is no command "{name}"; {hint}'


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", message="aura %(version)s")
@click.pass_context
def command(ctx: click.Context) -> None:
    """A coding assistant for the terminal that can be left alone with a job."""
    if ctx.invoked_subcommand is not None:
        return
    if sys.stdin.isatty() and sys.stdout.isatty():
        from aura.cli.start import show_start

        show_start()
    else:
        click.echo(ctx.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; a failure is one sentence on stderr.

    A subcommand may return its exit code; anything else it returns counts as success.
    """
    try:
        result = command.main(
            args=None if arguments is None else list(arguments), prog_name="aura", standalone_mode=False
        )
    except (click.Abort, KeyboardInterrupt):
        return CANCELLED
    except click.ClickException as error:
        return _report_usage(error)
    except AuraError as error:
        return _report(error.sentence, error.exit_code)
    except BaseExceptionGroup as group:
        return _report_group(group)
    except Exception as error:  # noqa: BLE001 - the last place where a traceback can be kept from the user
        return _report_crash(error)
    return result if isinstance(result, int) and not isinstance(result, bool) else 0


def _report(sentence: str, code: int) -> int:
    click.echo(f"aura: {clean(sentence)}", err=True)
    return code


def _report_usage(error: click.ClickException) -> int:
    message = error.format_message()
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None and context.parent:
        message = f"{message.rstrip('.')}; see `{context.command_path} --help`."
    return _report(message[:1].lower() + message[1:], error.exit_code)


def _report_group(group: BaseExceptionGroup[BaseException]) -> int:
    """Several failures at once: an interrupt outranks a sentence, a sentence outranks a crash."""
    if group.subgroup(KeyboardInterrupt) is not None:
        return CANCELLED
    known: BaseException | None = group.subgroup(AuraError)
    while isinstance(known, BaseExceptionGroup):
        known = known.exceptions[0]
    return _report(known.sentence, known.exit_code) if isinstance(known, AuraError) else _report_crash(group)


def _report_crash(error: BaseException) -> int:
    """Keep the traceback in a file and name it; an error of aura's own is exit code 1."""
    what = _redact(f"{type(error).__name__}: {str(error).partition(chr(10))[0]}".rstrip(": "))
    try:
        kept = f"details are in {_write_crash(error)}."
    except OSError as problem:
        kept = f"details could not be written ({problem.strerror})."
    return _report(f"something went wrong inside aura ({what}); {kept}", 1)


def _write_crash(error: BaseException) -> Path:
    """A file with versions, the command line without secrets, and the traceback."""
    import platform
    import traceback

    from aura.config.paths import private_folder, state_dir

    folder = private_folder(state_dir() / "crashes")
    path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    lines = [
        f"aura {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"arguments: {sys.argv[1:]}",
        "",
        "".join(traceback.format_exception(error)),
    ]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(_redact("\n".join(lines)))
    return path


def _redact(text: str) -> str:
    from aura.safety.redact import redact

    return redact(text)
