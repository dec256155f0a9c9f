"""Secrets out of texts that leave the program: logs, exports, crash reports, what a model is shown.

First the exact values that are known (from the environment and from settings), also URL- and base64-encoded, then
the shapes of common keys. Approval dialogs show the command as it is: what is hidden cannot be judged.
"""

import base64
import json
import os
import re
import urllib.parse
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from aura.config.paths import config_dir, read_regular

KEYS = "auth.json"  # where `aura auth` keeps them, in the folder of the settings
LONG = 20  # characters; no word is as long
MOST_HELD = 64 * 1024  # characters of a line that are held back
OVERLAP = 16 * 1024
SHORTEST = 8  # a shorter value is a word that stands in any text
MARK = "[secret]"

SECRET_NAME = re.compile(
    r"KEY|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|(^|_)(PASS|AUTH|PAT)(_|$)", re.IGNORECASE
)
HARMLESS_NAME = re.compile(
    r"(^|_)(SSH_AUTH_SOCK|KEYBOARD|KEYMAP|KEYWORD)|(_PATH|_FILE|_DIR|_HOME)$", re.IGNORECASE
)

SHAPES = (
    re.compile(
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----.*?"
        r"(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|\Z)",
        re.DOTALL,
    ),
    re.compile(r"\bsk-[A-Za-z0-9_-]{16,}"),  # OpenAI, Anthropic, OpenRouter, DeepSeek
    re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}"),
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"\bAIza[0-9A-Za-z_-]{35}"),
    re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    re.compile(r"\b(?:hf|npm|gsk|xai|pypi|dop_v1|shpat|sq0csp)[_-][A-Za-z0-9_-]{24,}"),
    re.compile(r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    re.compile(r"(?<=Bearer )[A-Za-z0-9._~+/-]{16,}=*", re.IGNORECASE),
    re.compile(r"(?<=://)[^\s/:@]*:[^\s/@]+(?=@)"),  # the user and password of a URL
)


def is_secret_name(name: str) -> bool:
    """Whether a variable of this name usually holds a secret."""
    return SECRET_NAME.search(name) is not None and HARMLESS_NAME.search(name) is None


def known_secrets(environ: Mapping[str, str] | None = None) -> frozenset[str]:
    """The values of variables (default: the environment's, and the keys of `aura auth`) whose names speak of secrets.

    Those that are 8 characters or longer.
    """
    variables = os.environ if environ is None else environ
    found = {value for name, value in variables.items() if is_secret_name(name) and len(value) >= SHORTEST}
    return frozenset(found) if environ is not None else frozenset(found | _read_kept_keys())


def telling_secrets(environ: Mapping[str, str] | None = None) -> frozenset[str]:
    """The known values that are no words: hiding `postgres` wherever it stands would make a project unreadable."""
    return frozenset(
        value
        for value in known_secrets(environ)
        if len(value) >= LONG or (re.search(r"\d", value) and re.search(r"[^\W\d]", value))
    )


def _read_kept_keys() -> set[str]:
    """The keys that `aura auth` keeps; none when there are none, or when they must not be used."""
    try:
        path = config_dir() / KEYS
        facts = path.stat()
    except OSError:
        return set()
    return set(_parse_keys(path, facts.st_mtime_ns, facts.st_size))


@lru_cache(maxsize=4)
def _parse_keys(path: Path, changed: int, size: int) -> tuple[str, ...]:
    try:
        keys = json.loads(read_regular(path, 1_000_000))["keys"]
        return tuple(value for value in keys.values() if isinstance(value, str) and len(value) >= SHORTEST)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ()


def redact(text: str, secrets: Iterable[str] | None = None) -> str:
    """The text with secrets replaced by `[secret]`; `secrets` are the known values (default: `known_secrets()`)."""
    for value in _spell(known_secrets() if secrets is None else frozenset(secrets)):
        text = text.replace(value, MARK)
    for shape in SHAPES:
        text = shape.sub(MARK, text)
    return text


@lru_cache(maxsize=8)
def _spell(secrets: frozenset[str]) -> tuple[str, ...]:
    return tuple(spellings(secrets))


def spellings(secrets: Iterable[str]) -> list[str]:
    """Every way a known value may be written, the longest first: as it is, URL-encoded, base64."""
    every = set()
    for value in secrets:
        if len(value) < SHORTEST:
            continue
        data = value.encode("utf-8", "surrogateescape")
        encoded = base64.b64encode(data).decode().rstrip("=")
        every |= {value, urllib.parse.quote(data, safe=""), urllib.parse.quote_plus(data), encoded}
        every.add(encoded.replace("+", "-").replace("/", "_"))
    return sorted(every, key=lambda spelling: (-len(spelling), spelling))


class Redactor:
    """Redacts a text that arrives in pieces: what may be the start of a secret is held back until it is decided."""

    def __init__(self, secrets: Iterable[str] | None = None) -> None:
        self._secrets = frozenset(known_secrets() if secrets is None else secrets)
        self._held = ""

    def feed(self, piece: str) -> str:
        """The next part that is certain; whole lines are, the rest waits for `close`, or until it is very long."""
        text = self._held + piece
        end = max(text.rfind("\n"), text.rfind("\r")) + 1
        if (
            "PRIVATE KEY" in text
            and (start := text.rfind("-----BEGIN")) >= 0
            and "-----END" not in text[start:]
        ):
            end = min(end, start)
        if (
            len(text) - end > MOST_HELD
        ):  # no secret has a blank in it but for a private key, which is hidden anyway
            end = max(end, text.rfind(" ", end, len(text) - OVERLAP) + 1)
        self._held = text[end:]
        return redact(text[:end], self._secrets)

    def close(self) -> str:
        """What was held back."""
        rest, self._held = self._held, ""
        return redact(rest, self._secrets)
