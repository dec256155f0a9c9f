"""Snapshots of a workspace: what a session changed can be undone, and the undo, too. See docs/adr/0013-snapshots.md."""

from aura.safety.snapshots.history import FAILURES, Snapshots
from aura.safety.snapshots.store import copy_snapshots
from aura.safety.snapshots.values import (
    ABSENT,
    Bounds,
    By,
    Change,
    Conflict,
    Restored,
    RestorePlan,
    Snapshot,
    State,
)

__all__ = [
    "ABSENT", "FAILURES", "Bounds", "By", "Change", "Conflict", "RestorePlan", "Restored", "Snapshot", "Snapshots",
    "State", "copy_snapshots",
]  # fmt: skip
