"""The few kinds of error that aura raises on purpose; each carries one sentence for a person."""

import math
from enum import StrEnum


class AuraError(Exception):
    """A failure with one clear sentence that says what happened and what to do.

    `exit_code` is what the command line ends with when nobody catches it.
    """

    exit_code = 1

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class ConfigError(AuraError):
    """A setting, a flag or a plugin file is wrong; nothing was started (exit 2)."""

    exit_code = 2


class StoreError(AuraError):
    """A session file cannot be read or written; the file is left as it is."""


class SessionLocked(StoreError):
    """Another process holds the session; the sentence names the holder."""


class SessionFenced(StoreError):
    """This process lost the session to a newer holder and may not write any more."""


class ToolError(AuraError):
    """A tool could not do what was asked; the sentence goes back to the model."""


class PluginError(AuraError):
    """A plugin raised or is malformed; it is unplugged and the turn goes on."""


class ModelErrorKind(StrEnum):
    """Why a model call failed, as far as it changes what to do next."""

    RATE_LIMIT = "rate_limit"
    OVERLOADED = "overloaded"
    NETWORK = "network"
    CUT = "cut"
    TIMEOUT = "timeout"
    QUOTA = "quota"
    AUTH = "auth"
    NOT_FOUND = "not_found"
    CONTEXT_OVERFLOW = "context_overflow"
    TOO_LARGE = "too_large"
    CONTENT_FILTER = "content_filter"
    BAD_REQUEST = "bad_request"
    BAD_REPLY = "bad_reply"
    UNKNOWN = "unknown"


RETRYABLE = frozenset(
    {
        ModelErrorKind.RATE_LIMIT,
        ModelErrorKind.OVERLOADED,
        ModelErrorKind.NETWORK,
        ModelErrorKind.CUT,
        ModelErrorKind.TIMEOUT,
        ModelErrorKind.BAD_REPLY,
    }
)


# How many seconds after a failure another try makes sense, when the provider does not say.
_HOPES: dict[str, float] = {ModelErrorKind.QUOTA: 1_800.0}
_HOPELESS = frozenset(
    {
        ModelErrorKind.AUTH,
        ModelErrorKind.NOT_FOUND,
        ModelErrorKind.CONTENT_FILTER,
        ModelErrorKind.BAD_REQUEST,
        ModelErrorKind.TOO_LARGE,
        ModelErrorKind.CONTEXT_OVERFLOW,
    }
)


def find_hope(kind: str, retry_after: float | None) -> float:
    """In how many seconds a call that failed so may succeed; infinite for what waiting does not mend.

    `kind` may be one that only another version of aura knows.
    """
    if kind in _HOPELESS:
        return math.inf
    return retry_after if retry_after is not None else _HOPES.get(kind, 30.0)


class ModelError(AuraError):
    """A model call failed.

    `status` is the HTTP status (0: none), `retry_after` the provider's wish in seconds (None: it said nothing),
    `partial` the text that had already arrived. Exit code 75: try again later.
    """

    exit_code = 75

    def __init__(
        self,
        kind: ModelErrorKind,
        sentence: str,
        *,
        status: int = 0,
        retry_after: float | None = None,
        partial: str = "",
    ) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.status = status
        self.retry_after = retry_after
        self.partial = partial

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed if it is sent again."""
        return self.kind in RETRYABLE
