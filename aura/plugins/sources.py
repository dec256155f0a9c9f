"""Where plugins come from: folders, entry points, and aura itself; each is found and made, or its fault is told."""

import hashlib
import importlib.machinery
import inspect
import sys
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Literal

from aura.config.paths import config_dir, project_dir, shipped_plugins
from aura.core.errors import ConfigError, PluginError
from aura.hookspecs import PROJECT
from aura.plugins.declared import make_declared
from aura.plugins.manifest import CODE, MANIFEST, RESERVED, Manifest, is_name, override, read_manifest
from aura.plugins.settings import make_plugin

FOLDER = "plugins"
CLASS = "Plugin"
PACKAGE = "_aura_plugin_"
OWN_CODE = ("*.py", "*/*.py")
TEST = "test_"

Origin = Literal["built-in", "shipped", "entry point", "user", "project", "folder"]


@dataclass(frozen=True, slots=True)
class Sources:
    """The places to look in, in load order; a project's plugins are left out unless its folder is trusted.

    `builtins` are names and plugin objects, `entry_points` the group of installed packages (empty: none), `folders`
    single plugin folders.
    """

    builtins: Sequence[tuple[str, object]] = ()
    shipped: Path | None = None
    entry_points: str = ""
    user: Path | None = None
    project: Path | None = None
    trusted: bool = False
    folders: Sequence[Path] = ()


def standard_sources(
    workspace: Path, *, trusted: bool, builtins: Sequence[tuple[str, object]] = ()
) -> Sources:
    """The places where aura looks for the plugins of a session."""
    return Sources(
        builtins=builtins,
        shipped=shipped_plugins(),
        entry_points=PROJECT,
        user=config_dir() / FOLDER,
        project=project_dir(workspace) / FOLDER,
        trusted=trusted,
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plugin that was found but not made yet.

    `target` is its folder, its entry point or the object itself; `stamp` changes when its files do.
    """

    manifest: Manifest
    origin: Origin
    target: Path | EntryPoint | object
    stamp: str = ""

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.manifest.name


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a plugin is not loaded, or what is odd about it, in one sentence."""

    plugin: str
    sentence: str
    level: Literal["info", "warning", "error"] = "error"


@dataclass(slots=True)
class Found:
    """What there is: one candidate a name, and what went wrong on the way."""

    candidates: dict[str, Candidate] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, candidate: Candidate) -> None:
        """Take a candidate; one of the same name that was found before makes room for it."""
        former = self.candidates.pop(candidate.name, None)
        if former is not None:
            sentence = (
                f"The plugin {candidate.name!r} ({candidate.origin}) replaces the one "
                f"that is {_say_origin(former.origin)}."
            )
            self.problems.append(Problem(candidate.name, sentence, "info"))
        self.candidates[candidate.name] = candidate


def find_plugins(sources: Sources, settings: Mapping[str, Mapping[str, Any]]) -> Found:
    """Every plugin by name in load order, with what `settings` say of it; a broken one is a problem, never an error.

    Raises `ConfigError` when the settings themselves are wrong.
    """
    found = Found()
    for name, plugin in sources.builtins:
        found.add(Candidate(Manifest(name), "built-in", plugin))
    _find_in_folder(found, sources.shipped, "shipped")
    for point in _entry_points(sources.entry_points):
        if is_name(point.name):
            found.add(Candidate(Manifest(point.name), "entry point", point, point.value))
        else:
            sentence = f"The entry point {point.name!r} is not a name for a plugin."
            found.problems.append(Problem(point.name, sentence))
    _find_in_folder(found, sources.user, "user")
    if sources.trusted:
        _find_in_folder(found, sources.project, "project")
    else:
        _count_untrusted(found, sources.project)
    for folder in sources.folders:
        _read_folder(found, folder, "folder")
    for name, candidate in found.candidates.items():
        found.candidates[name] = apply_settings(candidate, settings.get(name, {}))
    return found


def apply_settings(candidate: Candidate, settings: Mapping[str, Any]) -> Candidate:
    """The candidate with the user's settings over those of its plugin.yaml; raises `ConfigError`."""
    if not settings:
        return candidate
    own = {key: value for key, value in settings.items() if key not in RESERVED}
    try:
        manifest = override(candidate.manifest, settings)
    except ConfigError as error:
        raise ConfigError(f"plugins.{candidate.name}: {error.sentence}") from None
    config = {**manifest.config, **own}
    if own and manifest.when is not None:
        raise ConfigError(f"The plugin {manifest.name!r} has no setting {next(iter(own))!r}.")
    return replace(candidate, manifest=replace(manifest, config=config))


def make_candidate(candidate: Candidate) -> object:
    """The plugin itself; raises `ConfigError` for wrong settings and whatever the plugin's own code raises."""
    manifest, target = candidate.manifest, candidate.target
    if isinstance(target, EntryPoint):
        target = target.load()
    elif isinstance(target, Path):
        if manifest.when is not None:
            return make_declared(manifest)
        target = load_class(target, manifest.name)
    if inspect.isclass(target):
        return make_plugin(target, manifest.name, manifest.config)
    if manifest.config:
        raise ConfigError(f"The plugin {manifest.name!r} has no settings.")
    return target


def load_class(folder: Path, name: str) -> type:
    """The class `Plugin` of a folder's plugin.py, always from its source and never from cached bytecode."""
    path = folder / CODE
    module_name = PACKAGE + name.replace("-", "_")
    for known in [key for key in sys.modules if key == module_name or key.startswith(f"{module_name}.")]:
        del sys.modules[known]
    module = types.ModuleType(module_name)
    module.__file__ = str(path)
    module.__path__ = [str(folder)]
    module.__package__ = module_name
    module.__spec__ = importlib.machinery.ModuleSpec(module_name, None, is_package=True)
    sys.modules[module_name] = module
    try:
        code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102 - a plugin is code; trust was decided before
    except BaseException:
        del sys.modules[module_name]
        raise
    kind = getattr(module, CLASS, None)
    if not inspect.isclass(kind):
        raise PluginError(f"{path} defines no class {CLASS}.")
    return kind


def find_folders(root: Path) -> Iterator[Path]:
    """The plugin folders below a root, one or two levels down (`name/` or `group/name/`), sorted."""
    for folder in _folders(root):
        if _is_plugin(folder):
            yield folder
        else:
            yield from (inner for inner in _folders(folder) if _is_plugin(inner))


def stamp_folder(folder: Path) -> str:
    """A digest of a plugin's files without its tests; it changes when one of them does."""
    digest = hashlib.blake2b(digest_size=12)
    code = (path for pattern in OWN_CODE for path in folder.glob(pattern))
    paths = {folder / MANIFEST, *(path for path in code if not path.name.startswith(TEST))}
    for path in sorted(paths):
        digest.update(f"\0{path.relative_to(folder)}\0".encode())
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _find_in_folder(found: Found, root: Path | None, origin: Origin) -> None:
    for folder in find_folders(root) if root is not None else ():
        _read_folder(found, folder, origin)


def _read_folder(found: Found, folder: Path, origin: Origin) -> None:
    try:
        candidate = Candidate(read_manifest(folder), origin, folder, stamp_folder(folder))
    except ConfigError as error:
        found.problems.append(Problem(folder.name, error.sentence))
    except OSError as error:
        found.problems.append(Problem(folder.name, f"{folder} cannot be read: {error.strerror}."))
    else:
        found.add(candidate)


def _count_untrusted(found: Found, root: Path | None) -> None:
    count = sum(1 for _ in find_folders(root)) if root is not None else 0
    if count:
        what = "one plugin" if count == 1 else f"{count} plugins"
        sentence = f"This folder brings {what} that will not be loaded until you trust it."
        found.problems.append(Problem("", sentence, "info"))


def _entry_points(group: str) -> Iterable[EntryPoint]:
    return sorted(entry_points(group=group), key=lambda point: point.name) if group else ()


def _folders(root: Path) -> list[Path]:
    try:
        return sorted(path for path in root.iterdir() if path.is_dir() and path.name[0] not in "._")
    except OSError:
        return []


def _is_plugin(folder: Path) -> bool:
    return (folder / MANIFEST).is_file() or (folder / CODE).is_file()


def _say_origin(origin: Origin) -> str:
    return {
        "built-in": "built in",
        "shipped": "shipped",
        "entry point": "installed",
        "user": "the user's",
        "project": "the project's",
        "folder": "in another folder",
    }[origin]
