"""Secrets out of texts that leave the program: logs, exports, crash reports, what a model is shown.

First the exact values that are known (from the environment and from settings), also URL- and base64-encoded, then
the shapes of common keys. Approval dialogs show the command as it is: what is hidden cannot be judged.
"""

import base64
import os
import re
import urllib.parse
from collections.abc import Iterable, Mapping

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
    """The values of variables (default: the environment's) whose names speak of secrets, 8 characters or longer."""
    variables = os.environ if environ is None else environ
    return frozenset(
        value for name, value in variables.items() if is_secret_name(name) and len(value) >= SHORTEST
    )


def redact(text: str, secrets: Iterable[str] | None = None) -> str:
    """The text with secrets replaced by `[secret]`; `secrets` are the known values (default: `known_secrets()`)."""
    for value in spellings(known_secrets() if secrets is None else secrets):
        text = text.replace(value, MARK)
    for shape in SHAPES:
        text = shape.sub(MARK, text)
    return text


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
        """The next part that is certain; whole lines are, the rest waits for `close`."""
        text = self._held + piece
        end = text.rfind("\n") + 1
        if (
            "PRIVATE KEY" in text
            and (start := text.rfind("-----BEGIN")) >= 0
            and "-----END" not in text[start:]
        ):
            end = min(end, start)
        self._held = text[end:]
        return redact(text[:end], self._secrets)

    def close(self) -> str:
        """What was held back."""
        rest, self._held = self._held, ""
        return redact(rest, self._secrets)
