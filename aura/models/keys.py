"""API keys: found in the environment, or kept in a file that only its owner can read."""

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aura.config.paths import config_dir, private_folder, write_private
from aura.core.errors import ConfigError
from aura.models.providers import find_provider

FILE = "auth.json"
LONGEST_KEY = 8192  # a service account's token is about 2,000 characters
SETTING_ERROR = "The key of {provider} was not saved: {reason}."


@dataclass(frozen=True, slots=True)
class Key:
    """One key and where it was found: an environment variable's name, or `aura auth`."""

    value: str = field(repr=False)
    source: str


def auth_file() -> Path:
    """The file that `aura auth set` writes."""
    return config_dir() / FILE


def find_key(provider: str, environ: Mapping[str, str] | None = None) -> Key | None:
    """The key of a provider: its environment variables first, then the file of `aura auth`.

    A variable that is empty or blank counts as not set. Raises `ConfigError` when the file must not be used.
    """
    variables = os.environ if environ is None else environ
    for name in key_variables(provider):
        value = variables.get(name, "").strip()
        if value:
            return Key(value, name)
    value = read_keys().get(_name(provider), "")
    return Key(value, "aura auth") if value else None


def key_variables(provider: str) -> tuple[str, ...]:
    """The environment variables that may hold a provider's key, the usual one first."""
    known = find_provider(provider)
    if known is not None:
        return known.keys
    return (re.sub(r"\W", "_", provider).upper() + "_API_KEY",)


def read_keys(path: Path | None = None) -> dict[str, str]:
    """The keys of the file, by provider; empty when there is no file.

    Raises `ConfigError` when others can read the file, when it belongs to someone else, or when it is not what
    `aura auth` writes.
    """
    path = path or auth_file()
    try:
        with path.open(encoding="utf-8") as file:
            _refuse_open_file(path, os.fstat(file.fileno()))
            content = json.load(file)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"The keys in {path} cannot be read ({error.strerror}).") from None
    except ValueError:
        raise ConfigError(
            f"{path} is not valid JSON; repair it, or remove it and run `aura auth set`."
        ) from None
    keys = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(keys, dict) or not all(isinstance(value, str) for value in keys.values()):
        raise ConfigError(f"{path} is not what `aura auth` writes; remove it and run `aura auth set`.")
    return dict(keys)


def save_key(provider: str, key: str, path: Path | None = None) -> Path:
    """Keep a provider's key, in place of an older one; returns the file.

    Raises `ConfigError` when the text cannot be a key or the file cannot be written.
    """
    path = path or auth_file()
    value = _check_key(provider, key)
    with _locked(path):
        _write(path, {**read_keys(path), _name(provider): value})
    return path


def remove_key(provider: str, path: Path | None = None) -> bool:
    """Forget a provider's key; false when none was kept."""
    path = path or auth_file()
    if not path.exists():
        return False
    with _locked(path):
        keys = read_keys(path)
        found = keys.pop(_name(provider), None) is not None
        if found:
            _write(path, keys)
    return found


def mask(key: str) -> str:
    """A key as it may be shown: its last four characters, when it is long enough to keep the rest a secret."""
    return f"…{key[-4:]}" if len(key) >= 16 else "…"


def _name(provider: str) -> str:
    known = find_provider(provider)
    return known.name if known else provider.strip().lower()


def _check_key(provider: str, key: str) -> str:
    value = key.strip()
    reason = ""
    if not value:
        reason = "nothing was given"
    elif len(value) > LONGEST_KEY:
        reason = f"it is {len(value):,} characters long"
    elif any(not "!" <= character <= "~" for character in value):
        reason = "a key has no blanks, line ends or other than plain characters"
    elif re.match(r"https?://", value):
        reason = "that is an address, not a key"
    if reason:
        raise ConfigError(SETTING_ERROR.format(provider=provider, reason=reason))
    return value


def _refuse_open_file(path: Path, status: os.stat_result) -> None:
    if os.name != "posix":
        return
    if status.st_uid not in (os.getuid(), 0):
        raise ConfigError(
            f"The keys in {path} belong to another user; remove the file and run `aura auth set`."
        )
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise ConfigError(
            f"Others can read the keys in {path}; run `chmod 600 {path}`, and consider new keys."
        )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    try:
        folder = private_folder(path.parent)
        if os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            folder.chmod(0o700)
        with FileLock(path.with_suffix(".lock"), timeout=5, mode=0o600):
            yield
    except Timeout:
        raise ConfigError(f"Another process is changing {path}; try again.") from None
    except OSError as error:
        raise ConfigError(f"The keys cannot be kept in {path} ({error.strerror}).") from None


def _write(path: Path, keys: Mapping[str, str]) -> None:
    """Replace the file whole, so that a reader sees the old keys or the new ones; made 0600 from the start."""
    write_private(path, json.dumps({"keys": dict(sorted(keys.items()))}, indent=2) + "\n")
