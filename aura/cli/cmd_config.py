"""`aura config`: what is set, where it came from, and changing it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aura.core.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aura.config.edit import Scope
    from aura.config.schema import Settings


class Config(click.Group):
    """A group whose first word may also be the name of a setting."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in self.commands:
            return super().resolve_command(ctx, args)
        return "show", self.commands["show"], args


@click.group(cls=Config, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Show the settings with their origins, or change them: aura config [KEY]."""
    ctx.obj = as_json
    if ctx.invoked_subcommand is None:
        _show("", as_json=as_json)


@command.command()
@click.argument("key", default="")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(outer_json: object, *, key: str, as_json: bool) -> None:
    """Show one setting, one section, or all."""
    _show(key, as_json=as_json or outer_json is True)


@command.command(name="set")
@click.argument("key")
@click.argument("value")
@click.option(
    "--project", is_flag=True, help="Write .aura/config.yaml of this folder instead of your own file."
)
@click.option(
    "--local", is_flag=True, help="Write .aura/config.local.yaml, which is not meant to be committed."
)
def set_(*, key: str, value: str, project: bool, local: bool) -> None:
    """Set one value: aura config set auto.max_steps 100."""
    from aura.config.edit import set_value
    from aura.config.load import parse_text
    from aura.config.table import split_key

    scope = _scope(project=project, local=local)
    parsed = parse_text(split_key(key), value, "config set")
    with_trust = _Trust(scope)
    file = set_value(key, parsed, scope, Path.cwd())
    with_trust.keep()
    click.echo(clean(f"{key} = {_format(parsed)} in {file}"))


@command.command()
@click.argument("key")
@click.option(
    "--project", is_flag=True, help="Change .aura/config.yaml of this folder instead of your own file."
)
@click.option("--local", is_flag=True, help="Change .aura/config.local.yaml.")
def unset(*, key: str, project: bool, local: bool) -> int:
    """Take one value out of a settings file."""
    from aura.config.edit import settings_file, unset_value

    scope = _scope(project=project, local=local)
    with_trust = _Trust(scope)
    was_set = unset_value(key, scope, Path.cwd())
    with_trust.keep()
    file = settings_file(scope, Path.cwd())
    click.echo(clean(f"{key} removed from {file}" if was_set else f"{key} is not set in {file}"))
    return 0 if was_set else 1


class _Trust:
    """Keeps a trusted folder trusted when its user changes its settings by this command."""

    def __init__(self, scope: "Scope") -> None:
        from aura.safety.trust import is_trusted

        self._holds = scope != "user" and is_trusted(Path.cwd())

    def keep(self) -> None:
        from aura.safety.trust import add_trust

        if self._holds:
            add_trust(Path.cwd())


def _scope(*, project: bool, local: bool) -> "Scope":
    if project and local:
        raise click.UsageError("--project and --local name different files; give one of them.")
    return "project" if project else "local" if local else "user"


def _show(key: str, *, as_json: bool) -> None:
    from aura.config.load import load
    from aura.safety.trust import is_trusted

    settings = load(Path.cwd(), trusted=is_trusted(Path.cwd()))
    rows = {name: value for name, value in _list_values(settings) if _is_within(name, key)}
    if key and not rows:
        _refuse(key)
    if as_json:
        listed = {name: {"value": value, "origin": settings.origin(name)} for name, value in rows.items()}
        click.echo(json.dumps(listed, indent=2))
        return
    width = max(map(len, rows), default=0)
    for name, value in rows.items():
        shown, origin = clean(f"{name:<{width}}  {_format(value)}"), clean(settings.origin(name))
        click.echo(f"{shown}  {click.style(origin, dim=True)}")
    for notice in settings.notices:
        click.echo(clean(f"aura: {notice}"), err=True)


def _list_values(settings: "Settings") -> "Iterator[tuple[str, Any]]":
    """Every setting with its value; those of plugins one by one."""
    from aura.config.load import flatten
    from aura.config.table import settings_table

    tree = settings.model_dump(mode="json")
    for setting in settings_table():
        if "<" in setting.name:
            continue
        value: Any = tree
        for part in setting.name.split("."):
            value = value[part]
        yield setting.name, value
    for section in (("models", "prices"), ("plugins",)):
        table = tree["plugins"] if section == ("plugins",) else tree["models"]["prices"]
        yield from ((".".join(path), value) for path, value in flatten(table, section).items() if value != {})


def _is_within(name: str, key: str) -> bool:
    return not key or name == key or name.startswith(f"{key}.")


def _refuse(key: str) -> None:
    from aura.config.load import suggest_name
    from aura.config.table import find_setting, split_key
    from aura.core.errors import ConfigError

    path = split_key(key)
    if path and find_setting(path) is None and path[0] != "plugins":
        raise ConfigError(f"{key} is not a setting; {suggest_name(path)}")
    raise ConfigError(f"{key} is not set.")


def _format(value: Any) -> str:
    if isinstance(value, str) and value and value.isprintable():
        return value
    return json.dumps(value, ensure_ascii=False)
