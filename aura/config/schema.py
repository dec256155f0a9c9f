"""Every setting: its name, type, default, bounds, and what it does. The reference page is made from this file.

The tree is immutable. A setting marked `tighten` may be made stricter by a project that is not trusted; one marked
`joined` collects the lists of all layers instead of keeping the last.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from pydantic import ConfigDict, Field, PrivateAttr

from aura.config.reviewing import Reviewing
from aura.config.section import JOINED, LIST, LOWER, USER_ONLY, Section, Table, nothing
from aura.config.unattended import Fleet, Progress, Runs
from aura.config.undoing import Undoing
from aura.config.walls import Walls
from aura.core.limits import Limits
from aura.core.permissions import Mode

UNATTENDED_COST = 10.0  # USD
UNATTENDED_SECONDS = 7200.0
UNATTENDED_TURNS = 50
INTERACTIVE_PATIENCE = 60.0
UNATTENDED_PATIENCE = 6 * 3600.0


class Price(Section):
    """What a model costs, in USD for a million tokens."""

    input: float = Field(ge=0, description="Tokens sent, in USD per million.")
    output: float = Field(ge=0, description="Tokens received, in USD per million.")
    cache_read: float | None = Field(
        default=None,
        ge=0,
        description="Tokens read from the provider's cache, in USD per million (null: as `input`).",
    )
    cache_write: float | None = Field(
        default=None,
        ge=0,
        description="Tokens written to the provider's cache, in USD per million (null: as `input`).",
    )


class Models(Section):
    """Which models answer, and what is known of them."""

    small: str = Field(
        default="", description='The model for small jobs such as summaries ("": the main model).'
    )
    reviewer: str = Field(
        default="",
        description='The model that reviews calls in auto mode ("": the small model).',
        json_schema_extra=USER_ONLY,
    )
    fallback: tuple[str, ...] = Field(
        default=(), description="Models tried in order when the main one keeps failing."
    )
    aliases: Table[str] = Field(
        default_factory=nothing, description="Short names for models: `fast: anthropic/claude-haiku-4-5`."
    )
    window: int = Field(
        default=0, ge=0, description="Context window in tokens (0: what the catalogue knows)."
    )
    max_output: int = Field(
        default=0, ge=0, description="Longest reply in tokens (0: what the model allows)."
    )
    thinking: int = Field(default=0, ge=0, description="Tokens a model may think before it answers (0: off).")
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="Randomness (null: the provider's default)."
    )
    timeout: float = Field(
        default=600.0, gt=0, description="Seconds until a silent model call counts as failed."
    )
    base_url: str = Field(
        default="",
        description='Address of an OpenAI-compatible server ("": the provider\'s own).',
        json_schema_extra=USER_ONLY,
    )
    api_key_env: str = Field(
        default="",
        description='Name of the environment variable with the key for `base_url` ("": none). Never the key.',
        json_schema_extra=USER_ONLY,
    )
    prices: Table[Price] = Field(
        default_factory=nothing, description="Prices by model name, for models the catalogue does not know."
    )


class Permissions(Section):
    """What may happen without asking. Rules read `Tool` or `Tool(pattern)`; deny beats ask beats allow."""

    mode: Mode = Field(
        default=Mode.ASK,
        description="plan (change nothing), ask, edit (workspace edits are free) or auto. yolo is a flag only.",
    )
    allow: tuple[str, ...] = Field(
        default=(), description="Calls that run without asking.", json_schema_extra=JOINED
    )
    ask: tuple[str, ...] = Field(
        default=(), description="Calls that are always asked about.", json_schema_extra=LIST
    )
    deny: tuple[str, ...] = Field(default=(), description="Calls that never run.", json_schema_extra=LIST)
    protect: tuple[str, ...] = Field(
        default=(),
        description="Paths or patterns below the workspace that are never written, in any mode.",
        json_schema_extra=LIST,
    )


class Auto(Reviewing):
    """How far aura goes by itself. Limits hold for one turn or one run; 0 switches a limit off."""

    enabled: bool = Field(default=False, description="Start in auto mode.")
    require_done: bool | None = Field(
        default=None,
        description="The model has to call Done to end (null: in unattended runs only).",
        json_schema_extra={"tighten": "true"},
    )
    checks: tuple[str, ...] = Field(
        default=(), description="Commands that have to succeed before Done is accepted."
    )
    max_steps: int = Field(default=50, ge=0, description="Model calls per turn.", json_schema_extra=LOWER)
    max_turns: int | None = Field(
        default=None,
        ge=0,
        description="Turns per run (null: 50 in unattended runs, else off).",
        json_schema_extra=LOWER,
    )
    token_budget: int = Field(
        default=0, ge=0, description="Tokens in and out together.", json_schema_extra=LOWER
    )
    max_tokens_in: int = Field(default=0, ge=0, description="Tokens in.", json_schema_extra=LOWER)
    max_tokens_out: int = Field(default=0, ge=0, description="Tokens out.", json_schema_extra=LOWER)
    max_cost: float | None = Field(
        default=None,
        ge=0,
        description="USD (null: 10 in unattended runs, else off).",
        json_schema_extra=LOWER,
    )
    max_seconds: float | None = Field(
        default=None,
        ge=0,
        description="Seconds (null: 7200 in unattended runs, else off).",
        json_schema_extra=LOWER,
    )
    turn_seconds: float = Field(default=0, ge=0, description="Seconds per turn.", json_schema_extra=LOWER)
    nudges: int = Field(
        default=3,
        ge=0,
        description="Nudges in a row without progress before it counts as stalled.",
        json_schema_extra=LOWER,
    )
    verifier: str = Field(default="", description='A model that checks "done" against the diff ("": none).')


class Context(Section):
    """What the model sees."""

    compact_at: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="Part of the window that is full when older messages are summarised.",
    )
    keep_tokens: int = Field(
        default=20_000, ge=0, description="Tokens of the newest messages that a summary leaves as they are."
    )
    agents_files: bool = Field(
        default=True,
        description="Read AGENTS.md from the workspace and the user's settings folder.",
        json_schema_extra={"tighten": "false"},
    )
    hide_secrets: bool = Field(
        default=True,
        description="Take keys and passwords out of what tools and commands say, before the model or the log gets it.",
        json_schema_extra={"tighten": "true"},
    )


class Retry(Section):
    """What happens when a model's provider fails."""

    attempts: int = Field(
        default=8, ge=1, description="Tries for one model call before the next model or the end."
    )
    base_seconds: float = Field(
        default=1.0, ge=0, description="First wait; each further one may be twice as long."
    )
    max_seconds: float = Field(
        default=60.0, ge=0, description="Longest wait, unless the provider names its own."
    )
    patience_seconds: float | None = Field(
        default=None,
        ge=0,
        description="Longest time spent waiting in all (null: 60 with a person watching, 21600 unattended).",
    )


class Tools(Section):
    """The tools of the model."""

    bash_timeout: float = Field(
        default=120.0, gt=0, description="Seconds a shell command may run when the call names none."
    )
    output_chars: int = Field(
        default=30_000,
        ge=1000,
        description="Characters of tool output the model sees; the rest is kept in a file.",
    )
    disabled: tuple[str, ...] = Field(
        default=(), description="Tools the model is not offered, by name.", json_schema_extra=LIST
    )


class Plugin(Section):
    """The settings of one plugin; names other than `disabled` are the plugin's own."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    disabled: bool = Field(default=False, description="Do not load this plugin.")

    @property
    def own(self) -> Mapping[str, Any]:
        """What is set for the plugin itself, without `disabled`."""
        return MappingProxyType(dict(self.model_extra or {}))


class Ui(Section):
    """How things look."""

    theme: Literal["auto", "dark", "light", "ansi", "contrast"] = Field(
        default="auto",
        description="Colours: dark, light, the terminal's own 16 (ansi), high contrast; auto asks the terminal.",
    )
    diff: Literal["red-green", "blue-orange"] = Field(
        default="red-green",
        description="Colours of what went and what came in a diff; blue and orange for who mixes up red and green.",
    )
    ascii: bool = Field(default=False, description="Plain signs instead of Unicode ones.")
    thinking: bool = Field(default=True, description="Show what the model thinks, where it says so.")
    on_close: Literal["stop", "keep"] = Field(
        default="stop", description="What becomes of running work when the terminal is closed."
    )
    mouse: bool = Field(
        default=True, description="Take the mouse; without, the terminal's own selection works."
    )
    motion: bool = Field(default=True, description="Let the sign of running work move.")
    notify: Literal["unfocused", "always", "never"] = Field(
        default="unfocused", description="When the terminal is told that aura needs you, is done or failed."
    )
    keys: Table[str] = Field(
        default_factory=nothing, description="Other keys for actions: `auto: alt+a`. See /keys."
    )
    preset: Literal["aura", "emacs", "vim", "go-aura"] = Field(
        default="aura",
        description="Keys to begin with: in emacs Ctrl+A goes to the start of the line, vim has j and k for blocks and "
        "Ctrl+F and Ctrl+B for pages, in go-aura Ctrl+R switches thinking.",
    )


class Log(Section):
    """aura's own diagnostics, in the state folder; the session log is another thing."""

    level: Literal["error", "warning", "info", "debug"] = Field(
        default="warning", description="How much is written."
    )


class Settings(Undoing, Walls):
    """All settings. `origin` tells where a value came from, `notices` what was set aside and why."""

    model: str = Field(default="", description='The model that answers ("": the first that is found).')
    models: Models = Field(default_factory=Models)
    permissions: Permissions = Field(default_factory=Permissions)
    auto: Auto = Field(default_factory=Auto)
    progress: Progress = Field(default_factory=Progress)
    context: Context = Field(default_factory=Context)
    retry: Retry = Field(default_factory=Retry)
    tools: Tools = Field(default_factory=Tools)
    runs: Runs = Field(default_factory=Runs)
    fleet: Fleet = Field(default_factory=Fleet)
    plugins: Table[Plugin] = Field(default_factory=nothing, description="Settings of plugins by name.")
    ui: Ui = Field(default_factory=Ui)
    log: Log = Field(default_factory=Log)

    _origins: Mapping[str, str] = PrivateAttr(default_factory=dict)
    _notices: tuple[str, ...] = PrivateAttr(default=())

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences for people about settings that were set aside."""
        return self._notices

    def origin(self, key: str) -> str:
        """Where the value of a dotted name came from: `default`, `user (file:line)`, `environment (NAME)`, `flag`."""
        return self._origins.get(key, "default")

    def annotate(self, origins: Mapping[str, str], notices: tuple[str, ...]) -> "Settings":
        """Itself, with where each value came from and what was set aside; only for who has just built it."""
        self._origins = MappingProxyType(dict(origins))
        self._notices = notices
        return self

    def limits(self, *, unattended: bool) -> Limits:
        """The limits of a turn in chat, or of an unattended run, where some are on by default."""
        auto = self.auto
        return Limits(
            steps=auto.max_steps,
            turns=int(_choose(auto.max_turns, UNATTENDED_TURNS, unattended=unattended)),
            tokens=auto.token_budget,
            tokens_in=auto.max_tokens_in,
            tokens_out=auto.max_tokens_out,
            cost=_choose(auto.max_cost, UNATTENDED_COST, unattended=unattended),
            seconds=_choose(auto.max_seconds, UNATTENDED_SECONDS, unattended=unattended),
            turn_seconds=auto.turn_seconds,
            nudges=auto.nudges,
        )

    def requires_done(self, *, unattended: bool) -> bool:
        """Whether the model has to call Done."""
        return unattended if self.auto.require_done is None else self.auto.require_done

    def patience(self, *, unattended: bool) -> float:
        """The longest time in seconds that is spent waiting for a failing provider."""
        patience = self.retry.patience_seconds
        if patience is not None:
            return patience
        return UNATTENDED_PATIENCE if unattended else INTERACTIVE_PATIENCE


def _choose(value: float | None, default: float, *, unattended: bool) -> float:
    if value is not None:
        return value
    return default if unattended else 0
