"""The `aura` command: finds the subcommand by its file name, and turns every failure into one sentence."""

import difflib
import importlib
import os
import sys
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

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """`aura`, `aura --auto`, `aura "fix it"` open the interface: no subcommand is meant there."""
        return super().parse_args(ctx, ["tui", *args] if _means_tui(args) else args)

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


def _means_tui(arguments: Sequence[str]) -> bool:
    """Whether the arguments begin with what only the interface takes: nothing, an option of its own, a prompt."""
    if not arguments:
        return sys.stdin is not None and sys.stdin.isatty() and sys.stdout is not None and sys.stdout.isatty()
    first = arguments[0]
    if first.startswith("-"):
        return first not in ("-h", "--help", "-V", "--version")
    return any(letter.isspace() for letter in first)


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", message="aura %(version)s")
@click.pass_context
def command(ctx: click.Context) -> None:
    """A coding assistant for the terminal that can be left alone with a job.

    Alone, or with a prompt or options of `aura tui`, it opens the interface.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; a failure is one sentence on stderr.

    A subcommand may return its exit code; anything else it returns counts as success.
    """
    try:
        result = command.main(
            args=None if arguments is None else list(arguments),
            prog_name="aura",
            standalone_mode=False,
            color=False if os.environ.get("NO_COLOR") else None,
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
    from aura.cli.crashes import describe_crash

    return _report(describe_crash(error), 1)
