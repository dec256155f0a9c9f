"""Whether a new text was written over the old text as sent, or over the file as it is.

When the two differ, somebody blundered: in both texts alike, or in the old one alone. The lines that the new
text leaves as they are tell which.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from aura.tools._editing.folding import fold
from aura.tools._editing.lines import differing

_TELLING = 1.5  # weight of lines from which they are no coincidence


class Provenance(StrEnum):
    """Which lines the new text continues."""

    SENT = "sent"
    OWN = "own"
    UNKNOWN = "unknown"


def weight(key: str) -> float:
    """How much a folded line says about where it stands: a lone brace next to nothing."""
    if not key:
        return 0.01
    letters = sum(1 for character in key[:40] if character.isalnum())
    return 1.0 if letters > 3 else 0.2 if letters else 0.05


def kept_lines(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs of places of the lines that old and new have in common, in order."""
    place = new_place = 0
    for i1, i2, j1, j2 in [*differing(old, new), (len(old), len(old), len(new), len(new))]:
        yield from zip(range(place, i1), range(new_place, j1), strict=True)
        place, new_place = i2, j2


def provenance(
    sent: Sequence[str], own: Sequence[str], new: Sequence[str], *, shifted: bool = False
) -> Provenance:
    """What new was written over: the lines as sent or the file's own, where the two differ.

    With `shifted` they differ in indentation: then a line may come to stand where the other side has it because
    the change indents it, and only the first and the last line, which mostly stay, can tell.
    """
    own_lines, sent_lines = set(own), set(sent)
    at_sent = sum(weight(fold(sent[i])) for i, _ in kept_lines(sent, new) if sent[i] not in own_lines)
    at_own = sum(weight(fold(own[i])) for i, _ in kept_lines(own, new) if own[i] not in sent_lines)
    if not shifted and bool(at_sent) != bool(at_own):
        return Provenance.SENT if at_sent else Provenance.OWN
    edges = {_edge(*lines) for lines in _edges(sent, own, new)}
    if Provenance.SENT in edges and Provenance.OWN not in edges:
        return Provenance.SENT
    if Provenance.OWN in edges and edges <= {Provenance.OWN, None}:
        return Provenance.OWN if at_own > at_sent else Provenance.UNKNOWN
    return Provenance.SENT if at_sent >= _TELLING and not at_own else Provenance.UNKNOWN


def _edges(sent: Sequence[str], own: Sequence[str], new: Sequence[str]) -> list[tuple[str, str, str]]:
    """The first and the last lines of the three that are not blank."""
    solid = [[line for line in lines if fold(line)] for lines in (sent, own, new)]
    if not all(solid):
        return []
    return [(solid[0][0], solid[1][0], solid[2][0]), (solid[0][-1], solid[1][-1], solid[2][-1])]


def _edge(sent: str, own: str, new: str) -> Provenance | None:
    """Which of two lines the new one is; None where both are it."""
    if sent == own == new:
        return None
    if new == sent:
        return Provenance.SENT
    return Provenance.OWN if new == own else Provenance.UNKNOWN
