"""How the sender's indentation stands for the file's."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from aura.tools._editing.folding import ONE_TO_ONE

_DEEPER = 3  # tabs by which a new line may stand deeper than all known ones; beyond, it is rather aligned
_WIDTHS = (1, 2, 3, 4, 5, 6, 7, 8)


@dataclass(frozen=True, slots=True)
class _Rule:
    """File tabs and spaces for the sender's: spaces are scaled or turned to tabs, then a fixed amount is added."""

    kind: str  # same | tabs | spaces | scaled
    width: int = 1  # columns of a tab; numerator of the scale
    per: int = 1  # denominator of the scale
    tabs: int = 0
    spaces: int = 0

    def convert(self, indent: str) -> tuple[int, int] | None:
        """Tabs and spaces before the fixed amount is added; None where the rule does not apply."""
        tabs = len(indent) - len(indent.lstrip("\t"))
        spaces = len(indent) - tabs
        if indent[tabs:].strip(" "):
            return None  # tabs after spaces
        if self.kind == "tabs":
            return tabs + spaces // self.width, spaces % self.width
        if self.kind == "spaces":
            return 0, tabs * self.width + spaces
        if self.kind == "scaled":
            return (tabs, spaces // self.per * self.width) if not spaces % self.per else None
        return tabs, spaces

    def render(self, indent: str) -> str | None:
        """The file's indentation for one of the sender's."""
        found = self.convert(indent)
        if found is None or found[0] + self.tabs < 0 or found[1] + self.spaces < 0:
            return None
        return "\t" * (found[0] + self.tabs) + " " * (found[1] + self.spaces)


_SCALED = tuple(
    _Rule("scaled", width, per) for width, per in ((4, 2), (2, 4), (8, 2), (2, 8), (4, 3), (3, 4))
)


@dataclass(frozen=True, slots=True)
class Indentation:
    """A mapping from the sender's indentation to the file's, learnt from lines known to be the same."""

    known: dict[str, str]
    is_identity: bool
    _rules: tuple[_Rule, ...] = ()
    _file: tuple[str, ...] = ()

    @classmethod
    def learn(
        cls, pairs: Iterable[tuple[str, str]], sent_leads: Sequence[str], file_leads: Sequence[str]
    ) -> "Indentation | None":
        """From pairs of leads: as sent, as in the file; None if one sent lead stands for two in the file.

        The other leads tell the step that each side indents by, and what the file indents with.
        """
        known: dict[str, str] = {}
        for sent, own in pairs:
            if known.setdefault(sent.translate(ONE_TO_ONE), own) != own:
                return None
        if all(sent == own for sent, own in known.items()):
            return cls(known, is_identity=True)
        for family in _families():
            rules = [rule for start in family if (rule := _fitted(start, known)) is not None]
            plain = [rule for rule in rules if not rule.tabs and not rule.spaces]
            if rules and rules[0].kind == "same":
                rules += _rivals(known, sent_leads, file_leads)
            if rules:
                return cls(
                    known, is_identity=False, _rules=tuple(plain or rules), _file=tuple(set(file_leads))
                )
        return cls(known, is_identity=False, _file=tuple(set(file_leads)))

    def render(self, lead: str) -> str | None:
        """The file's indentation for a lead as sent; None if the lines known to be the same do not tell."""
        if self.is_identity:
            return lead
        lead = lead.translate(ONE_TO_ONE)
        if lead in self.known:
            return None if self._has_twin(self.known[lead]) else self.known[lead]
        found = {rule.render(lead) for rule in self._rules}
        result = found.pop() if len(found) == 1 else None
        if result is None or self._is_foreign(result) or self._has_twin(result):
            return None
        return result

    def _has_twin(self, result: str) -> bool:
        """Whether the file also writes the same width with other tabs and spaces, which the sender's do not tell."""
        if any("\t" in sent for sent in self.known):
            return False
        for size in (2, 3, 4, 8):
            if all(len(own.expandtabs(size)) == len(sent) for sent, own in self.known.items()):
                width = len(result.expandtabs(size))
                return any(lead != result and len(lead.expandtabs(size)) == width for lead in self._file)
        return False

    def _is_foreign(self, result: str) -> bool:
        """Whether the file does not indent this way: other characters, tabs and spaces mixed anew."""
        kinds = set("".join(self._file))
        if kinds and not set(result) <= kinds:
            return True
        if self._rules[0].kind == "tabs":
            width = min(rule.width for rule in self._rules)
            ragged = any("\t" in lead and lead.count(" ") >= width for lead in self._file)
            return ragged or " " in result or len(result) > max(map(len, self.known.values())) + _DEEPER
        mixed = "\t" in result and " " in result
        return mixed and not any("\t" in lead and " " in lead for lead in self.known.values())


def _families() -> Iterable[tuple[_Rule, ...]]:
    """Kinds of rules, the simplest first: a shift alone, then tabs for spaces or the reverse, then other steps."""
    yield (_Rule("same"),)
    yield tuple(_Rule("tabs", width) for width in _WIDTHS)
    yield tuple(_Rule("spaces", width) for width in _WIDTHS)
    yield _SCALED


def _fitted(start: _Rule, known: dict[str, str]) -> _Rule | None:
    """The rule with the fixed amount under which all known pairs hold."""
    amounts: set[tuple[int, int]] = set()
    for sent, own in known.items():
        found = start.convert(sent)
        tabs = len(own) - len(own.lstrip("\t"))
        if found is None or own[tabs:].strip(" "):
            return None
        amounts.add((tabs - found[0], len(own) - tabs - found[1]))
    if len(amounts) != 1:
        return None
    tabs, spaces = amounts.pop()
    if tabs * spaces < 0 or (start.kind == "scaled" and (tabs or spaces)):
        return None  # tabs for spaces is no shift, and nobody scales and shifts
    return _Rule(start.kind, start.width, start.per, tabs, spaces)


def _rivals(known: dict[str, str], sent_leads: Sequence[str], file_leads: Sequence[str]) -> list[_Rule]:
    """Where a mere shift fits: the other steps that would explain it too, unless both sides indent by the same."""
    sent, own = _step(sent_leads), _step(file_leads)
    shift = sum(len(lead) for lead in known.values()) - sum(len(lead) for lead in known)
    if not sent or not own or (sent == own and shift // len(known) % own == 0):
        return []
    rules = [_Rule("scaled", own, sent), *_SCALED]
    return [rule for rule in rules if _fitted(rule, known) == rule]


def _step(leads: Sequence[str]) -> int:
    """By how many spaces a text indents further, mostly; 0 if it never does."""
    steps = Counter(
        len(behind) - len(lead)
        for lead, behind in pairwise(leads)
        if len(behind) > len(lead) and not (lead + behind).strip(" ")
    )
    return steps.most_common(1)[0][0] if steps else 0
