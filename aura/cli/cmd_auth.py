"""aura auth: keys of providers, kept in a file that only you can read."""

import json
import sys
from typing import TYPE_CHECKING

import click

from aura.core.text import clean

if TYPE_CHECKING:
    from aura.models.providers import Provider


@click.group("auth", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Keep providers' API keys, or show where keys were found."""
    if context.invoked_subcommand is None:
        context.invoke(list_)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, as_json: bool = False) -> None:
    """Show which providers have a key, and where it was found; never the key."""
    from aura.models.keys import auth_file, find_key, mask, read_keys
    from aura.models.providers import PROVIDERS

    names = dict.fromkeys([*(provider.name for provider in PROVIDERS), *read_keys()])
    found = [(name, key) for name in names if (key := find_key(name))]
    if as_json:
        click.echo(json.dumps([{"provider": name, "source": key.source} for name, key in found], indent=2))
        return
    for name, key in found:
        click.echo(clean(f"{name:<14}{mask(key.value):<8}{key.source}"))
    if not found:
        click.echo(
            "No key was found. `aura auth set anthropic` asks for one and keeps it, or set ANTHROPIC_API_KEY."
        )
    click.echo(clean(f"Keys that aura keeps are in {auth_file()}."), err=True)


@command.command("set")
@click.argument("provider")
def set_(provider: str) -> None:
    """Keep a key of PROVIDER; it is asked for, or read from standard input, and never shown."""
    from aura.models.keys import key_variables, save_key

    known = _find(provider)
    if sys.stdin.isatty():
        key = click.prompt(f"Key for {known.title}", hide_input=True)
    else:
        key = sys.stdin.read(10_000)
    path = save_key(known.name, key)
    click.echo(clean(f"The key for {known.title} is kept in {path}."))
    import os

    for variable in key_variables(known.name):
        if os.environ.get(variable, "").strip():
            click.echo(clean(f"{variable} is set as well, and outranks it."))
    if known.main:
        click.echo(clean(f"Try it: aura run --model {known.name}/{known.main} hello"))


@command.command("remove")
@click.argument("provider")
def remove(provider: str) -> None:
    """Forget the key of PROVIDER."""
    from aura.core.errors import ConfigError
    from aura.models.keys import remove_key

    if not remove_key(provider):
        raise ConfigError(f"No key of {provider} is kept; `aura auth list` shows where keys were found.")
    click.echo(clean(f"The key for {provider} is forgotten. To be safe, withdraw it at the provider too."))


def _find(name: str) -> "Provider":
    """The provider of a name; one that only the packaged list knows will do as well."""
    import difflib

    from aura.core.errors import ConfigError
    from aura.models.facts import provider_names
    from aura.models.providers import PROVIDERS, Provider, find_provider

    known = find_provider(name)
    if known is not None:
        return known
    if name in provider_names():
        return Provider(name, name)
    names = [provider.name for provider in PROVIDERS]
    near = difflib.get_close_matches(name, [*names, *provider_names()], n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(names)}."
    raise ConfigError(f"There is no provider `{name}`; {hint}")
