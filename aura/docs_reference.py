"""The reference pages, made from the code; `--check` says which are out of date."""

import dataclasses
import inspect
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import get_args

import click

from aura.cli.main import command as program
from aura.commands.define import load_commands
from aura.config.load import VARIABLES
from aura.config.table import settings_table
from aura.core.conditions import TERMS
from aura.core.events import DurableEvent, PassingEvent
from aura.core.limits import ENDINGS
from aura.hookspecs import Hooks

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
NOTE = "<!-- Made by `./dev docs` from the code. Do not edit. -->\n"


def _cells(*values: object) -> str:
    texts = (str(value).replace("|", "\\|").replace("\n", " ") for value in values)
    return f"| {' | '.join(texts)} |"


def _table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    names = tuple(heads)
    return "\n".join([_cells(*names), _cells(*("---" for _ in names)), *(_cells(*row) for row in rows)])


def _first_sentence(thing: object) -> str:
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def describe_command_line() -> str:
    """Every subcommand with its help, as a terminal of 100 columns shows it."""
    parts = ["# Command line", ""]
    context = click.Context(program, info_name="aura", terminal_width=100, **program.context_settings)
    parts += ["```", program.get_help(context), "```", ""]
    parts += _describe_group(program, context, "aura")
    return "\n".join(parts)


def _describe_group(group: click.Group, context: click.Context, name: str) -> list[str]:
    parts = []
    for each in group.list_commands(context):
        sub = group.get_command(context, each)
        if sub is None or sub.hidden:
            continue
        full = f"{name} {each}"
        own = sub.context_class(
            sub, parent=context, info_name=each, terminal_width=100, **sub.context_settings
        )
        parts += [f"## {full}", "", "```", sub.get_help(own), "```", ""]
        if isinstance(sub, click.Group):
            parts += _describe_group(sub, own, full)
    return parts


def describe_settings() -> str:
    """Every setting: name, kind, default, meaning; then the environment variables."""
    rows = [
        (
            f"`{one.name}`",
            one.kind,
            f"`{one.default!r}`" if one.default not in ("", None) else "",
            one.description,
        )
        for one in settings_table()
    ]
    variables = [(f"`{name}`", f"`{'.'.join(path)}`") for name, path in VARIABLES.items()]
    return "\n".join(
        [
            "# Settings",
            "",
            "Dotted names as `aura config` shows them. The layers: [configuration](../guides/configuration.md).",
            "",
            _table(("setting", "kind", "default", "meaning"), rows),
            "",
            "## Environment variables",
            "",
            _table(("variable", "setting"), variables),
            "",
        ]
    )


def describe_endings() -> str:
    """Every stop reason with its exit code."""
    rows = [(f"`{reason.value}`", ending.exit_code, ending.sentence) for reason, ending in ENDINGS.items()]
    return "\n".join(
        ["# Stop reasons and exit codes", "", _table(("reason", "exit code", "meaning"), rows), ""]
    )


def describe_events() -> str:
    """Every event with its fields: the lines of stream-json and of the JSON-lines export."""
    parts = [
        "# Events",
        "",
        "One JSON object a line, in `--output stream-json` and `aura export --format jsonl`: `v` (the version of",
        "this form, 1), `seq` (place in the log from 1; 0: passing), `at` (Unix time in seconds), `type`, then the",
        "fields.",
        "`stream-json` ends with one line of type `result`. Skip an event or field that you do not know.",
        "",
    ]
    for title, union in (("Durable", DurableEvent), ("Passing", PassingEvent)):
        parts += [f"## {title}", ""]
        for kind in get_args(union):
            fields = {field.name: field for field in dataclasses.fields(kind)}
            rows = [
                (f"`{name}`", f"`{_name_type(field.type)}`")
                for name, field in fields.items()
                if name != "type"
            ]
            parts += [f"### {fields['type'].default}", "", _first_sentence(kind), ""]
            parts += [_table(("field", "type"), rows), ""] if rows else []
    return "\n".join(parts)


def _name_type(annotation: object) -> str:
    text = (
        annotation.__name__ if isinstance(annotation, type) and not get_args(annotation) else str(annotation)
    )
    for word in ("aura.core.", "typing.", "collections.abc."):
        text = text.replace(word, "")
    return ".".join(text.split(".")[-1:]) if text.count(".") == 1 and "[" not in text else text


def describe_commands() -> str:
    """Every slash command."""
    commands = load_commands()
    rows = [(f"`{commands[name].usage}`", commands[name].help) for name in sorted(commands)]
    return "\n".join(["# Slash commands", "", _table(("command", "what it does"), rows), ""])


def describe_hooks() -> str:
    """Every hook of plugins and every term of conditions."""
    hooks = [
        (f"`{name}{_signature(member)}`", _first_sentence(member))
        for name, member in vars(Hooks).items()
        if callable(member) and not name.startswith("_")
    ]
    terms = [
        (f"`{name}{'' if kind.argument == 'nothing' else f':{kind.argument.upper()}'}`", kind.meaning)
        for name, kind in TERMS.items()
    ]
    return "\n".join(
        [
            "# Hooks and conditions",
            "",
            _table(("hook", "when"), hooks),
            "",
            "## Conditions",
            "",
            "Terms joined by `and`, each negated by `not`.",
            "",
            _table(("term", "holds when"), terms),
            "",
        ]
    )


def _signature(member: Callable[..., object]) -> str:
    names = [name for name in inspect.signature(member).parameters if name != "self"]
    return f"({', '.join(names)})"


PAGES: dict[str, Callable[[], str]] = {
    "command-line.md": describe_command_line,
    "settings.md": describe_settings,
    "exit-codes.md": describe_endings,
    "events.md": describe_events,
    "slash-commands.md": describe_commands,
    "hooks.md": describe_hooks,
}


def render_pages() -> dict[str, str]:
    """Every page by file name."""
    return {name: f"{NOTE}\n{describe().rstrip()}\n" for name, describe in PAGES.items()}


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` name those that are out of date (exit 1)."""
    stale = []
    for name, text in render_pages().items():
        path = FOLDER / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            FOLDER.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    verb = "is out of date; run ./dev docs" if "--check" in arguments else "written"
    for name in stale:
        sys.stdout.write(f"docs/reference/{name} {verb}\n")
    return int(bool(stale) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
