"""The settings of work that nobody watches: the progress guard, efforts, runs."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from aura.config.section import LOWER, USER_ONLY, Section


class Progress(Section):
    """The progress guard: what counts as going round in circles. A call counts only if nothing new came of it."""

    enabled: bool = Field(
        default=True, description="Warn and stop what gets nowhere.", json_schema_extra={"tighten": "true"}
    )
    nudge_at: int = Field(
        default=3,
        ge=2,
        description="Equal steps in a row, with equal results, until the model is told.",
        json_schema_extra=LOWER,
    )
    change_at: int = Field(
        default=5,
        ge=2,
        description="Equal steps in a row until it is told to change its approach.",
        json_schema_extra=LOWER,
    )
    stop_at: int = Field(
        default=8,
        ge=3,
        description="Equal steps in a row until the turn ends as stalled; the measure for the other patterns, too.",
        json_schema_extra=LOWER,
    )
    same_error: int = Field(
        default=4,
        ge=0,
        description="Different calls that fail with the same error until the model is told (0: not looked at).",
        json_schema_extra=LOWER,
    )
    idle_steps: int = Field(
        default=25,
        ge=0,
        description="Steps of auto mode that change nothing and teach little until it is told (0: not looked at).",
        json_schema_extra=LOWER,
    )
    stall_check: bool = Field(
        default=False,
        description="Ask the small model first whether such idle steps are research or batch work that goes on.",
    )


class Profile(Section):
    """How much one kind of goal is worth."""

    model: str = Field(default="", description='The model that answers ("": the main one).')
    thinking: int = Field(default=0, ge=0, description="Tokens a model may think before it answers.")
    calls: int = Field(default=0, ge=0, description="Model calls per run (0: no limit).")
    seconds: float = Field(default=0, ge=0, description="Active seconds per execution (0: no limit).")


class Efforts(Section):
    """Fast or deep: how goals are pursued."""

    use: Literal["off", "auto", "fast", "deep"] = Field(
        default="off",
        description="off: as the other settings say; auto: by the words of the goal, then by the small model.",
    )
    fast: Profile = Field(default_factory=lambda: Profile(thinking=1_024, calls=500, seconds=660))
    deep: Profile = Field(default_factory=lambda: Profile(thinking=16_384, calls=5_000, seconds=7_200))


def _as_list(value: Any) -> Any:
    """One text stands for a list of it; pydantic wants a tuple of who looks at a value before it does."""
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(value) if isinstance(value, list) else value


Occasion = Literal["question", "needs_input", "done", "failed", "limit", "waiting", "stalled", "blocked"]


class Notify(Section):
    """Who is told of a run that ends or needs somebody while nobody watches."""

    command: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = Field(
        default=(),
        description="A command that is run: one text goes to sh -c, a list is a program and its arguments. It finds"
        " the notice as JSON on its input and in AURA_EVENT, AURA_SESSION, AURA_TITLE, AURA_TEXT.",
        json_schema_extra=USER_ONLY,
    )
    webhook: str = Field(
        default="",
        pattern=r"^$|^https?://[^\s/]",
        description='An address that gets the notice as JSON by POST, with http:// or https:// ("": none).',
        json_schema_extra=USER_ONLY,
    )
    on: tuple[Occasion, ...] = Field(
        default=("question", "needs_input", "done", "failed", "limit", "stalled", "blocked"),
        description="What is told: question, needs_input, done, failed, limit, waiting, stalled, blocked.",
        json_schema_extra=USER_ONLY,
    )
    always: bool = Field(
        default=False, description="Also while somebody watches.", json_schema_extra=USER_ONLY
    )


class Runs(Section):
    """Goals that are pursued over turns."""

    lifetime: float = Field(
        default=604_800, ge=0, description="Seconds a run may exist, waits included (0: for ever)."
    )
    outage: float = Field(
        default=86_400,
        ge=0,
        description="Seconds the provider may fail in a row before a run counts as failed (0: for ever).",
    )
    states: tuple[str, ...] = Field(
        default=("working", "waiting", "blocked", "needs_input"),
        description="What the model may report with SetStatus.",
    )
    effort: Efforts = Field(default_factory=Efforts)
    ask: Literal["away", "nobody"] = Field(
        default="away",
        description="Questions while nobody watches: kept open (away), or answered with that (nobody).",
    )
    notify: Notify = Field(default_factory=Notify)


class Fleet(Section):
    """Runs in the background: where they are queued, and how this machine works on them."""

    database: str = Field(
        default="",
        description="Where runs are queued: a file, or postgresql://user@host/name for several machines"
        ' ("": runs.sqlite in the state folder).',
        json_schema_extra=USER_ONLY,
    )
    host: str = Field(
        default="",
        description='The name of this machine in the queue ("": its host name). Runs stay on the machine they were'
        " started on.",
        json_schema_extra=USER_ONLY,
    )
    concurrency: int = Field(
        default=8,
        ge=1,
        le=200,
        description="Runs that a worker works on at once.",
        json_schema_extra=USER_ONLY,
    )
    idle_minutes: float = Field(
        default=10.0,
        ge=0,
        description="Minutes without anything to do after which a worker that `aura start` brought up ends"
        " (0: never).",
        json_schema_extra=USER_ONLY,
    )
