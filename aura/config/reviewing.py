"""The settings of who reviews calls in auto mode, and of when refused work is left."""

from pydantic import Field

from aura.config.section import JOINED, LOWER, Section


class Breaker(Section):
    """When work is left because its calls are refused; 0 switches a number off."""

    in_a_row: int = Field(
        default=3,
        ge=0,
        description="Refused calls in a row that park the work at hand.",
        json_schema_extra=LOWER,
    )
    of_last: int = Field(
        default=8,
        ge=0,
        description="Refused calls of the last `window` that park it.",
        json_schema_extra=LOWER,
    )
    window: int = Field(default=40, ge=1, le=200, description="Calls that `of_last` looks at.")


class Reviewing(Section):
    """What the reviewer of auto mode is told, in your own words; projects that are not trusted have no say."""

    allow: tuple[str, ...] = Field(
        default=(),
        description='What the reviewer may let pass, in prose: "pushing to branches that begin with bot/".',
        json_schema_extra=JOINED,
    )
    deny: tuple[str, ...] = Field(
        default=(),
        description="What it must never let pass, in prose; this beats everything else it is told.",
        json_schema_extra=JOINED,
    )
    breaker: Breaker = Field(default_factory=Breaker)
