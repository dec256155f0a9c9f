"""Changes one value in a settings file: comments stay, two writers never mix, and a broken file is never written."""

import contextlib
import hashlib
import io
import os
import tempfile
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any, Literal

import yaml
from filelock import FileLock, Timeout
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from aura.config.files import Keys, Source, parse_settings
from aura.config.load import check
from aura.config.paths import private_folder, project_dir, state_dir, user_config_file
from aura.config.table import find_setting, is_free, split_key
from aura.core.errors import ConfigError

Scope = Literal["user", "project", "local"]
PATIENCE = 10  # seconds another writer may take; writing one file takes milliseconds


def settings_file(scope: Scope, workspace: Path) -> Path:
    """The file of a scope; it need not exist."""
    names = {"project": "config.yaml", "local": "config.local.yaml"}
    return user_config_file() if scope == "user" else project_dir(workspace) / names[scope]


def set_value(key: str, value: Any, scope: Scope, workspace: Path) -> Path:
    """Write one value into the file of a scope and return the file.

    Raises `ConfigError` when the name or the value is wrong, when the scope may not hold it, or when the file is
    broken or cannot be written; the file is then as it was.
    """
    path = split_key(key)
    check(Source("typed", "", {path: value}, {path: "config set"}))
    setting = find_setting(path)
    if setting is None and not is_free(path):
        raise ConfigError(f"{key} is a section; set one of its values, such as {key}.NAME.")
    if setting is not None and setting.user_only and scope != "user":
        raise ConfigError(f"{key} may stand in the user's own settings only; leave --project away.")

    def change(tree: MutableMapping[str, Any]) -> bool:
        place = tree
        for name in path[:-1]:
            if not isinstance(place.get(name), MutableMapping):
                place[name] = CommentedMap()
            place = place[name]
        place[path[-1]] = _quote(value)
        return True

    file = settings_file(scope, workspace)
    _rewrite(file, scope, change)
    return file


def unset_value(key: str, scope: Scope, workspace: Path) -> bool:
    """Take one value out of the file of a scope; false when it was not there. Errors as in `set_value`."""
    path = split_key(key)
    file = settings_file(scope, workspace)
    return file.exists() and _rewrite(file, scope, lambda tree: _remove(tree, path))


def _remove(tree: MutableMapping[str, Any], path: Keys) -> bool:
    """Remove a path, and the sections that are empty then."""
    if path[0] not in tree:
        return False
    inner = tree[path[0]]
    if len(path) > 1:
        if not isinstance(inner, MutableMapping) or not _remove(inner, path[1:]):
            return False
        if inner:
            return True
    del tree[path[0]]
    return True


def _rewrite(file: Path, scope: Scope, change: Callable[[MutableMapping[str, Any]], bool]) -> bool:
    """Apply a change to a file under its lock; whether there was anything to change."""
    target = file.resolve()  # settings that are kept elsewhere and linked stay linked
    try:
        with _lock(target):
            before = target.read_bytes() if target.exists() else b""
            check(parse_settings(before, file, scope))
            after = _edit(before, change)
            if after is None:
                return False
            check(parse_settings(after, file, scope))
            _replace(target, after)
    except Timeout:
        raise ConfigError(f"{file} is being written by another process; try again.") from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror or error}.") from None
    except YAMLError as error:
        raise ConfigError(
            f"{file} cannot be edited ({str(error).splitlines()[0]}); change it by hand."
        ) from None
    return True


@contextlib.contextmanager
def _lock(target: Path) -> Iterator[None]:
    digest = hashlib.sha256(os.fsencode(target)).hexdigest()[:16]
    folder = private_folder(state_dir() / "locks")
    with FileLock(folder / f"{digest}.lock", timeout=PATIENCE, mode=0o600):
        yield


def _edit(before: bytes, change: Callable[[MutableMapping[str, Any]], bool]) -> bytes | None:
    """The file with the change, None when nothing changes; a file of comments only keeps them."""
    text = before.decode("utf-8-sig")
    writer = YAML()
    writer.preserve_quotes = True
    writer.width = 10_000  # long values stay on their line
    writer.indent(mapping=2, sequence=4, offset=2)
    tree = writer.load(text)
    kept = ""
    if tree is None:
        tree = CommentedMap()
        kept = text if not text or text.endswith("\n") else f"{text}\n"
    if not change(tree):
        return None
    out = io.StringIO()
    if tree:
        writer.dump(tree, out)
    return (kept + out.getvalue()).encode("utf-8")


def _quote(value: Any) -> Any:
    """The value, with texts in quotes where they would be read as something else."""
    if isinstance(value, str):
        try:
            is_plain = yaml.safe_load(value) == value
        except (yaml.YAMLError, ValueError):
            is_plain = False
        return value if is_plain else DoubleQuotedScalarString(value)
    if isinstance(value, (list, tuple)):
        return [_quote(item) for item in value]
    if isinstance(value, dict):
        return {name: _quote(item) for name, item in value.items()}
    return value


def _replace(target: Path, data: bytes) -> None:
    """Put a whole file in the place of another; nobody ever sees half of it."""
    private_folder(target.parent)
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o600
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
