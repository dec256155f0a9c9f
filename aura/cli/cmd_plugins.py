"""`aura plugins`: what is plugged in, a new one, its test, on and off."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aura.core.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aura.plugins import Plugins
    from aura.plugins.listing import Listing


@click.group()
def command() -> None:
    """List, write, test and switch plugins."""


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, as_json: bool) -> None:
    """List every plugin, in the order in which they are asked."""
    import json

    from aura.plugins.listing import list_plugins

    plugins = _open()
    listed = list_plugins(plugins)
    if as_json:
        click.echo(json.dumps([one.as_json() for one in listed], indent=2, default=str))
        return
    width = max((len(one.name) for one in listed), default=0)
    for one in listed:
        text = one.reason or one.description
        click.echo(clean(f"{one.name:<{width}}  {one.state:<9}  {one.origin:<11}  {text}".rstrip()))
    for problem in plugins.problems:
        if problem.level != "error":
            click.echo(clean(problem.sentence), err=True)


@command.command()
@click.argument("name")
def show(*, name: str) -> None:
    """Show one plugin: its hooks, condition, settings and place."""
    click.echo(clean("\n".join(_describe(_find(_open(), name)))))


@command.command()
@click.argument("name")
@click.option("--yaml", "as_yaml", is_flag=True, help="An injector without Python.")
@click.option("--user", is_flag=True, help="For every folder, not for this one.")
def new(*, name: str, as_yaml: bool, user: bool) -> None:
    """Write a working injector and its test into .aura/plugins/NAME."""
    from aura.core.errors import ConfigError
    from aura.plugins.manifest import is_name
    from aura.plugins.template import make_template

    if not is_name(name):
        raise ConfigError(
            f"The name {name!r} needs small letters, digits and single dashes, as in my-injector."
        )
    root = _user_place() if user else _project_place()
    folder = root / name
    if folder.exists():
        raise ConfigError(f"{_short(folder)} is there already; choose another name or remove it.")
    files = make_template(name, with_python=not as_yaml)
    try:
        folder.mkdir(parents=True)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{_short(folder)} cannot be written: {error.strerror or error}.") from None
    for file in files:
        click.echo(clean(f"wrote {_short(folder / file)}"))
    click.echo(clean(f"Try it: aura plugins test {name}"))
    if not user:
        click.echo("Load it: aura trust (plugins of a folder take part only while the folder is trusted)")


@command.command()
@click.argument("target", metavar="[NAME|PATH]", default="")
def test(*, target: str) -> int:
    """Run the test of one plugin, or of all plugins of this folder and of yours."""
    import os
    import subprocess
    import sys
    from importlib.util import find_spec

    from aura.core.errors import AuraError

    folders = _folders_to_test(target)
    if find_spec("pytest") is None:
        raise AuraError("Tests of plugins need pytest; install it into the environment of aura.")
    code = 0
    for folder in folders:
        arguments = [sys.executable, "-P", "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(folder)]
        arguments += ["--confcutdir", str(folder), "--import-mode=importlib", "-p", "no:cacheprovider"]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run([*arguments, str(folder)], env=environment, check=False)
        code = code or done.returncode
    return code


@command.command()
@click.argument("name")
def enable(*, name: str) -> None:
    """Switch a plugin on, in your own settings."""
    _switch(name, on=True)


@command.command()
@click.argument("name")
def disable(*, name: str) -> None:
    """Switch a plugin off, in your own settings."""
    _switch(name, on=False)


def _open() -> "Plugins":
    """The plugins that a session in this folder would have."""
    from aura.config.load import load
    from aura.plugins import Circumstances, Plugins, read_settings, standard_sources
    from aura.safety.trust import is_trusted

    workspace = Path.cwd()
    trusted = is_trusted(workspace)
    settings = load(workspace, trusted=trusted)
    return Plugins(
        standard_sources(workspace, trusted=trusted),
        Circumstances(workspace),
        read_settings(settings.plugins),
    )


def _find(plugins: "Plugins", name: str) -> "Listing":
    from aura.plugins.listing import list_plugins

    listed = {one.name: one for one in list_plugins(plugins)}
    if name not in listed:
        raise _miss(name, listed)
    return listed[name]


def _miss(name: str, known: "Iterable[str]") -> Exception:
    import difflib

    from aura.core.errors import ConfigError

    near = difflib.get_close_matches(name, list(known), n=1)
    hint = f"did you mean {near[0]!r}?" if near else "`aura plugins list` shows what there is."
    return ConfigError(f"There is no plugin {name!r}; {hint}")


def _describe(one: "Listing") -> list[str]:
    """The lines of `show`."""
    condition = one.condition or ("none" if one.state != "broken" else "")
    rows = [
        ("state", f"{one.state}: {one.reason}" if one.reason else one.state),
        (
            "from",
            f"{one.origin}, {_short(Path(one.place)) if '/' in one.place else one.place}"
            if one.origin
            else "",
        ),
        ("hooks", ", ".join(one.hooks)),
        ("shows", ", ".join(one.shows)),
        ("order", str(one.order) if one.origin else ""),
        ("condition", condition),
        ("once", "yes, once a session" if one.once else ""),
        ("message", one.message.replace("\n", "\n  ")),
    ]
    lines = [f"{one.name}: {one.description}" if one.description else one.name]
    lines += [f"  {label + ':':<10} {text}" for label, text in rows if text]
    lines += [f"  plugins.{one.name}.{key} = {value!r}" for key, value in one.settings.items()]
    return lines


def _folders_to_test(target: str) -> list[Path]:
    from aura.config.paths import shipped_plugins
    from aura.core.errors import ConfigError
    from aura.plugins.sources import find_folders

    path = Path(target).expanduser()
    if target and ("/" in target or (path / "plugin.yaml").is_file()):
        found = {str(path): path.resolve()}
    else:
        own = (_user_place(), _project_place())
        places = (shipped_plugins(), *own) if target else own
        found = {folder.name: folder for place in places for folder in find_folders(place)}
        if target and target not in found:
            raise _miss(target, found)
        found = {target: found[target]} if target else found
    with_tests = [folder for folder in found.values() if any(folder.rglob("test_*.py"))]
    if not with_tests:
        what = f"The plugin {target!r}" if target else "No plugin of this folder or of yours"
        raise ConfigError(f"{what} has {'no' if target else 'a'} test_*.py in its folder.")
    return with_tests


def _switch(name: str, *, on: bool) -> None:
    """Write what is needed and nothing more, then say how the plugin stands."""
    from aura.config.edit import set_value, unset_value

    workspace = Path.cwd()
    key = f"plugins.{name}.disabled"
    state = _find(_open(), name).state
    if on:
        unset_value(key, "user", workspace)
        if _find(_open(), name).state == "disabled":
            set_value(key, False, "user", workspace)
    elif state != "disabled":
        set_value(key, True, "user", workspace)
    now = _find(_open(), name)
    if (now.state == "disabled") is on:
        click.echo(clean(f"{name} is still {now.state}: the settings of this folder say so."))
    else:
        click.echo(clean(f"{name} is {now.state}." + (f" {now.reason}" if now.reason else "")))


def _user_place() -> Path:
    from aura.config.paths import config_dir
    from aura.plugins.sources import FOLDER

    return config_dir() / FOLDER


def _project_place() -> Path:
    from aura.config.paths import project_dir
    from aura.plugins.sources import FOLDER

    return project_dir(Path.cwd()) / FOLDER


def _short(path: Path) -> str:
    """A path as people write it: from this folder, or from home."""
    for root, prefix in ((Path.cwd(), ""), (Path.home(), "~/")):
        if path.is_relative_to(root):
            return f"{prefix}{path.relative_to(root)}"
    return str(path)
