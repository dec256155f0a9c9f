"""Takes the options of a command apart: which are set, what values they have, and what is left."""

from collections.abc import Sequence
from dataclasses import dataclass

from aura.safety.expansion import Arg


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one command: names with their values (None: no value), and the arguments that are none."""

    given: tuple[tuple[str, Arg | None], ...]
    rest: tuple[Arg, ...]

    def has(self, *names: str) -> bool:
        """Whether any of the options is set; a long one also when it is cut short (`--recur`)."""
        return any(_means(given, name) for given, _ in self.given for name in names)

    def values(self, *names: str) -> tuple[Arg, ...]:
        """The values of the options, in order."""
        return tuple(
            value
            for given, value in self.given
            if value is not None and any(_means(given, name) for name in names)
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The options as they are written."""
        return tuple(name for name, _ in self.given)


def parse_options(args: Sequence[Arg], with_value: str = "", *, stop_early: bool = False) -> Options:
    """Take arguments apart; `with_value` names, between blanks, the options that have a value (`-n --max`).

    `stop_early` ends at the first argument that is no option, as commands do that run another one.
    """
    valued = with_value.split()
    given: list[tuple[str, Arg | None]] = []
    rest: list[Arg] = []
    waiting = list(args)
    while waiting:
        arg = waiting.pop(0)
        text = arg.text
        if text == "--":
            rest += waiting
            break
        if not text.startswith("-") or text == "-":
            rest.append(arg)
            if stop_early:
                rest += waiting
                break
        elif text.startswith("--"):
            name, equals, value = text.partition("=")
            if equals:
                given.append((name, Arg((value,) if arg.values else (), value, arg.glob)))
            elif any(_means(name, option) for option in valued) and waiting:
                given.append((name, waiting.pop(0)))
            else:
                given.append((name, None))
        else:
            _parse_short(arg, valued, waiting, given)
    return Options(tuple(given), tuple(rest))


def _parse_short(
    arg: Arg, valued: Sequence[str], waiting: list[Arg], given: list[tuple[str, Arg | None]]
) -> None:
    """A cluster such as `-rf` or `-n5`; a whole word such as `-name` when it is one of the valued."""
    text = arg.text
    if text in valued and len(text) > 2:
        given.append((text, waiting.pop(0) if waiting else None))
        return
    for index, letter in enumerate(text[1:], 1):
        if not letter.isalnum() and index > 1:
            return  # the rest is a value: of a flag that is not known to have one
        name = f"-{letter}"
        if name not in valued:
            given.append((name, None))
            continue
        value = text[index + 1 :]
        if value:
            given.append((name, Arg((value,) if arg.values else (), value, arg.glob)))
        else:
            given.append((name, waiting.pop(0) if waiting else None))
        return


def _means(given: str, name: str) -> bool:
    is_long = given.startswith("--") and name.startswith("--") and len(given) > 3
    return given == name or (is_long and name.startswith(given))
