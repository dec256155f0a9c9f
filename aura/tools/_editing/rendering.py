"""A new line as the file would write it: its indentation, its look-alike characters, its blanks at the end."""

from collections import Counter
from functools import cached_property

from aura.tools._editing.folding import Substitutions, carry, parts
from aura.tools._editing.indentation import Indentation
from aura.tools._editing.outcomes import Reason, Refusal
from aura.tools._editing.placing import Alignment, Ground, Script

_CARELESS = 0.3  # share of new lines with blanks at their ends from which they are carelessness


class Rendering:
    """What the lines known to be the same, as sent and in the file, say about lines that are new."""

    def __init__(self, ground: Ground, script: Script, alignment: Alignment) -> None:
        self.ground, self.base = ground, script.base
        self.sent = [parts(line) for line in script.base]
        self.own = {
            index: parts(ground.lines.texts[place])
            for index, place in enumerate(alignment.at)
            if place is not None and index not in alignment.stale
        }
        self.solid = [index for index in self.own if self.sent[index][1]]
        self.blank = Counter(
            (script.base[index], "".join(self.own[index])) for index in self.own if not self.sent[index][1]
        )
        self._tails = Counter((self.sent[index][2], self.own[index][2]) for index in self.solid)
        self.substitutions = Substitutions.learn(
            ((self.sent[index][1], self.own[index][1]) for index in self.solid), ground.text
        )
        self.indentation = self._indentation(script)
        self._fresh = Counter(parts(line)[2] for group in script.groups for line in group.new if line.strip())
        ends = self._fresh.total() - self._fresh[""]
        self._is_careless = ends > 1 and ends >= _CARELESS * self._fresh.total()

    def line(self, new: str, index: int | None) -> str:
        """A new line that continues the old line at this index, or none. Raises Refusal where its form is unclear.

        New lines are taken to be written the way the old ones were sent.
        """
        lead, core, trail = parts(new)
        if index not in self.own:
            index = None
        if not core:
            return self._blank(new, index)
        return self._lead(lead, index) + self._core(core, index) + self._trail(trail, index)

    @property
    def is_shifted(self) -> bool:
        """Whether lines that are the same are indented differently."""
        return any(self.sent[index][0] != self.own[index][0] for index in self.solid)

    def _indentation(self, script: Script) -> Indentation:
        leads = {index: (self.sent[index][0], self.own[index][0]) for index in self.solid}
        sent_leads = [lead for lead, core, _ in map(parts, (*script.base, *script.new)) if core]
        found = Indentation.learn(leads.values(), sent_leads, self.ground.leads)
        if found is not None:
            return found
        changed = {index for group in script.groups for index in range(group.low, group.high)}
        odd = [index for index, (sent, own) in leads.items() if sent != own]
        if len(odd) == 1 and odd[0] not in changed and len(leads) > 3:
            return Indentation({}, is_identity=True)  # only one line is indented otherwise, and it stays
        return Indentation({}, is_identity=False)

    def _lead(self, lead: str, index: int | None) -> str:
        if self.indentation.is_identity:
            return self.own[index][0] if index is not None and lead == self.sent[index][0] else lead
        found = self.indentation.render(lead)
        if found is None and index is not None and self.sent[index][0] == lead:
            return self.own[index][0]
        if found is None:
            raise Refusal(
                Reason.INDENTATION,
                "The file is indented otherwise than the text as sent, and it does not tell how a new line is to "
                "be indented. Send the lines with the file's indentation.",
            )
        return found

    def _core(self, core: str, index: int | None) -> str:
        if index is not None:
            found = carry(self.sent[index][1], core, self.own[index][1], self.substitutions)
        elif self.substitutions.respaced and " " in core:
            found = None
        else:
            found = self.substitutions.apply(core)
        if found is None:
            raise _unclear_characters()
        return found

    def _trail(self, trail: str, index: int | None) -> str:
        if index is not None and trail == self.sent[index][2]:
            if self.own[index][2] and not trail:
                raise _unclear_blanks()  # of such lines that change, some keep their blanks and some do not
            return self.own[index][2]
        lost = sum(count for (sent, own), count in self._tails.items() if own and not sent)
        if not trail and index is None and 2 * lost > self._tails.total():
            raise _unclear_blanks()
        if not trail or not any(sent and sent != own for sent, own in (*self._tails, *self.blank)):
            return trail
        always = _always_added(self._tails)
        if always and all(tail.endswith(always) for tail in self._fresh):
            return trail.removesuffix(always)
        if index is not None and self.sent[index][2] and not self.own[index][2]:
            return ""  # the line had needless blanks before, and has others now
        if self._file_has_trails or not self._is_careless:
            raise _unclear_blanks()
        return ""

    def tidied(self, new: str) -> str:
        """A line of a new text that is otherwise in order, without blanks at its end if they are carelessness."""
        lead, core, trail = parts(new)
        if not self.substitutions.is_identity and self.substitutions.apply(core) != core:
            raise _unclear_characters()
        if not core or not trail:
            return new
        tidy = self._trail(trail, None)
        if tidy != trail and (tidy or not self._is_careless):
            raise _unclear_blanks()
        return lead + core + tidy

    def _blank(self, line: str, index: int | None) -> str:
        if index is not None and self.base[index] == line:
            return "".join(self.own[index])
        known = {own for sent, own in self.blank if sent == line}
        if len(known) == 1 and (line or known == {""}):
            return known.pop()
        if not line and not known:
            return line
        always = _always_added(self.blank)
        if always and line.endswith(always):
            return line.removesuffix(always)
        suspect = any(sent != own for sent, own in self.blank) or not self.indentation.is_identity
        suspect |= any(line == sent != own for sent, own in self._tails)
        if known or suspect:
            raise _unclear_blanks()
        return line

    @cached_property
    def _file_has_trails(self) -> bool:
        pairs = zip(self.ground.lines.texts, self.ground.keys, strict=True)
        return any(key and line[-1:] in {" ", "\t"} for line, key in pairs)


def _always_added(tails: Counter[tuple[str, str]]) -> str:
    """The blanks that the sender has at the end of all lines (but one at most) beyond the file's; "" if none."""
    added = Counter[str]()
    for (sent, own), count in tails.items():
        if sent and sent != own:
            added[sent.removeprefix(own)] += count
    always = added.total() > 1 and len(added) == 1 and tails.total() - added.total() < 2
    return next(iter(added)) if always else ""


def _unclear_characters() -> Refusal:
    return Refusal(
        Reason.UNCLEAR,
        "The file has other characters that look alike (quotes, dashes, blanks), and it is not clear which the new "
        "text means. Copy them from the file.",
    )


def _unclear_blanks() -> Refusal:
    return Refusal(
        Reason.UNCLEAR,
        "The file has other blanks at line ends than the old text, and it is not clear which the new lines are to "
        "have. Copy the lines from the file.",
    )
