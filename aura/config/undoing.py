"""The settings of undoing: how much of the workspace is kept."""

from pydantic import Field

from aura.config.section import USER_ONLY, Section


class Undo(Section):
    """Snapshots of the workspace, which `aura undo` goes back to."""

    enabled: bool = Field(
        default=True,
        description="Keep what a session changes, so that it can be undone.",
        json_schema_extra=USER_ONLY,
    )
    megabytes: int = Field(
        default=500,
        ge=1,
        description="Megabytes that one session keeps; the oldest go first.",
        json_schema_extra=USER_ONLY,
    )
    file_megabytes: float = Field(
        default=20.0,
        gt=0,
        description="Megabytes of the largest file that is kept.",
        json_schema_extra=USER_ONLY,
    )
    files: int = Field(
        default=100_000,
        ge=0,
        description="Files of the workspace that are covered.",
        json_schema_extra=USER_ONLY,
    )
    seconds: float = Field(
        default=60.0,
        gt=0,
        description="Seconds that one look at the workspace may read; what is left then is not kept.",
        json_schema_extra=USER_ONLY,
    )


class Undoing(Section):
    """Where the group stands in the tree."""

    undo: Undo = Field(default_factory=Undo)
