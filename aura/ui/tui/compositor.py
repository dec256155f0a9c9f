"""Textual's compositor without its waste: what nothing is seen of is not painted, whatever else has changed.

Textual's own paints every widget of the screen for each frame, those that are covered and those that did not change
too: most of the time that a streaming reply takes goes there.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from rich.console import Console
from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip

Chops = dict[int, Strip | None]  # a line: what is painted from a column up to the next


class LeanUpdate(ChopsUpdate):
    """What a frame changes; made a text without an object for every move of the cursor."""

    def render_segments(self, console: Console) -> str:
        """The text for the terminal."""
        parts = []
        for y, left, right in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=True):
                if strip is not None and x < right and end > left:
                    parts.append(f"\x1b[{y + 1};{x + 1}H")
                    parts.append((strip if end <= right else strip.crop(0, right - x)).render(console))
        return "".join(parts)


class LeanCompositor(Compositor):
    """Paints, from front to back, only the lines of a widget of which something is seen in this frame."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """What changed since the last frame; None: nothing."""
        update = super().render_partial_update()
        return LeanUpdate(update.chops, update.spans, update.chop_ends) if update is not None else None

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        cuts = self.cuts
        chops: list[Chops] = [dict.fromkeys(line[:-1]) for line in cuts]
        wanted = {y for y in crop.line_range if is_rendered_line(y)}
        for widget, (region, clip) in self.visible_widgets.items():
            part = region.intersection(clip)
            seen = part.intersection(crop)
            if not seen:
                continue
            span = range(seen.x, seen.right)
            lines = [y for y in seen.line_range if y in wanted and _has_room(chops[y], cuts[y], span)]
            if not lines:
                continue
            inner = Region(part.x - region.x, lines[0] - region.y, part.width, lines[-1] - lines[0] + 1)
            strips = widget.render_lines(inner)
            for y in lines:
                _fill(chops[y], strips[y - lines[0]], cuts[y], part)
            if seen.width == crop.width:
                wanted.difference_update(y for y in lines if not _has_room(chops[y], cuts[y], span))
            if not wanted:
                break
        return cast("Sequence[Mapping[int, Strip]]", chops)


def _has_room(chops: Chops, cuts: Sequence[int], span: range) -> bool:
    """Whether nothing stands yet somewhere in a span of columns."""
    for number, strip in enumerate(chops.values(), 1):
        if strip is None and cuts[number - 1] < span.stop and cuts[number] > span.start:
            return True
    return False


def _fill(chops: Chops, strip: Strip, cuts: Sequence[int], part: Region) -> None:
    """Put what a widget shows in a line where nothing stands before it."""
    left, right = part.column_span
    places = [cut for cut in cuts if left <= cut <= right]
    for place, piece in zip(places, strip.divide([cut - left for cut in places[1:]]), strict=False):
        if chops[place] is None:
            chops[place] = piece
