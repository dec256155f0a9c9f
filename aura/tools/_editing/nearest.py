"""What a refusal shows: the lines of the file that come closest, and how they differ."""

from collections import Counter
from collections.abc import Sequence

from rapidfuzz import fuzz, process

from aura.tools._editing.folding import fold, parts
from aura.tools._editing.outcomes import NearLine
from aura.tools._editing.placing import Ground

_SHOWN = 5
_LONGEST = 200
_VISIBLE = str.maketrans({" ": "·", "\t": "→", "\u00a0": "⍽", "\r": "␍", "\f": "␌", "\u200b": "␣"})


def nearest(ground: Ground, base: Sequence[str]) -> tuple[NearLine, ...]:
    """The lines around the place that has most of the old text's lines, or looks most like one of them."""
    keys = [fold(line) for line in base]
    start = _by_votes(ground, keys)
    if start is None:
        start = _by_likeness(ground, keys)
    if start is None:
        return ()
    found = [
        NearLine(place + 1, ground.lines.texts[place][:_LONGEST], difference(line, ground.lines.texts[place]))
        for place, line in enumerate(base, start)
        if 0 <= place < len(ground.keys)
    ]
    first = next((number for number, line in enumerate(found) if line.difference), 0)
    low = max(min(first - 1, len(found) - _SHOWN), 0)
    return tuple(found[low : low + _SHOWN])


def places(ground: Ground, starts: Sequence[int]) -> tuple[NearLine, ...]:
    """The lines at which several places begin."""
    return tuple(NearLine(place + 1, ground.lines.texts[place][:_LONGEST]) for place in starts[:_SHOWN])


def beside(ground: Ground, base: Sequence[str], at: Sequence[int | None]) -> tuple[NearLine, ...]:
    """The lines of the file that old lines were matched with, from the first that differs."""
    found = [
        NearLine(place + 1, ground.lines.texts[place][:_LONGEST], difference(line, ground.lines.texts[place]))
        for place, line in zip(at, base, strict=True)
        if place is not None
    ]
    first = next((number for number, line in enumerate(found) if line.difference), 0)
    return tuple(found[first : first + _SHOWN])


def difference(sent: str, own: str) -> str:
    """How a line of the file differs from the line as sent, with blanks made visible."""
    if sent == own:
        return ""
    (lead, core, trail), (own_lead, own_core, own_trail) = parts(sent), parts(own)
    if core == own_core:
        found = []
        if lead != own_lead:
            found.append(f"indented by {_visible(own_lead)}, sent {_visible(lead)}")
        if trail != own_trail:
            found.append(f"ends in {_visible(own_trail)}, sent {_visible(trail)}")
        return "; ".join(found)
    if fold(sent) == fold(own):
        pairs = zip(core, own_core, strict=False)
        a, b = next(((a, b) for a, b in pairs if a != b), ("", ""))
        return f"has {_named(b)} where {_named(a)} was sent" if a else "spaced otherwise"
    return f"sent: {lead.translate(_VISIBLE)}{core}"[:_LONGEST] if core else "sent: an empty line"


def _named(character: str) -> str:
    return f"{character.translate(_VISIBLE)} (U+{ord(character):04X})"


def _visible(blanks: str) -> str:
    return blanks.translate(_VISIBLE) or "nothing"


def _by_votes(ground: Ground, keys: Sequence[str]) -> int | None:
    wanted = {key: index for index, key in enumerate(keys) if len(key) > 3}
    votes: Counter[int] = Counter()
    for place, key in enumerate(ground.keys):
        if key in wanted:
            votes[place - wanted[key]] += 1
    return votes.most_common(1)[0][0] if votes else None


def _by_likeness(ground: Ground, keys: Sequence[str]) -> int | None:
    index, key = max(enumerate(keys), key=lambda item: len(item[1]), default=(0, ""))
    if len(key) < 3:
        return None
    found = process.extractOne(key, ground.keys, scorer=fuzz.ratio, score_cutoff=60)
    return found[2] - index if found else None
