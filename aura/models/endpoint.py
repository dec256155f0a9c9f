"""Where a model is reached: what `aura.models.catalog` finds out and a `Model` is built from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aura.core.models import ModelInfo
from aura.models.keys import Key


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model at one provider, with everything a call needs.

    `info.name` is the full name as a person writes it (`anthropic/claude-sonnet-4-5`); `model` is what is sent to
    the library, prefix included (empty: `info.name`). `provider` is the library's word for the wire format
    (`openai`, `anthropic`, `gemini`, `ollama_chat`; empty: taken from the name). `api_base` and `api_key` are None
    when the provider's own defaults hold; `key_name` is where the key came from, or the environment variable that it is
    expected in, for the sentences people read. `find_key` looks for it anew. `extra` is handed to the provider
    unchanged (region, API version, headers).
    """

    info: ModelInfo
    provider: str = ""
    api_base: str | None = None
    api_key: str | None = field(default=None, repr=False)
    key_name: str = ""
    model: str = ""
    timeout: float = 600.0
    extra: Mapping[str, Any] = field(default_factory=dict)
    find_key: Callable[[], Key | None] | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """What is sent to the library as the model's name."""
        return self.model or self.info.name
