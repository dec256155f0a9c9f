"""The functions of a shell text: each is looked at where it is called, with what it is called with."""

from collections.abc import Sequence

from aura.safety.acts import Level
from aura.safety.danger import find_danger
from aura.safety.expansion import Arg
from aura.safety.guesses import Guesses
from aura.safety.words import Simple

DEEPEST = 12  # texts and functions inside each other


class Functions:
    """The functions that a text defines: each is looked at where it is called, with what it is called with."""

    def __init__(self) -> None:
        self._bodies: dict[str, tuple[Simple, ...]] = {}
        self._waiting: dict[str, None] = {}
        self._running: list[str] = []

    def define(self, inquiry: Guesses, simple: Simple) -> None:
        """Remember a function; one that takes the name of a program, or has two meanings, needs a person."""
        name = simple.function
        inquiry.note(Level.CHANGES, f"it defines {name}")
        if name in inquiry.profiles or name in self._bodies:
            inquiry.note(Level.CONSENT, f"it gives another meaning to {name}")
        if not self._bodies and (danger := find_danger(inquiry.text)):
            inquiry.note(Level.FLOOR, danger)
        self._bodies[name] = (*self._bodies.get(name, ()), *simple.body)
        self._waiting[name] = None

    def call(self, inquiry: Guesses, name: str, args: Sequence[Arg], simple: Simple) -> bool:
        """Look at what a function does with these arguments; whether there is one of this name."""
        body = self._bodies.get(name)
        if body is None:
            return False
        self._waiting.pop(name, None)
        if name in self._running:
            is_bomb = simple.piped or simple.then in ("|", "|&", "&")
            inquiry.note(Level.FLOOR if is_bomb else Level.CONSENT, f"{name} calls itself")
            return True
        if inquiry.depth >= DEEPEST:
            inquiry.note(Level.CONSENT, "it is nested too deeply")
            return True
        outer = {str(number): inquiry.variables.get(str(number), ()) for number in range(1, 10)}
        outer_list = inquiry.lists.get("@")
        given = [arg.values for arg in args]
        inquiry.lists["@"] = tuple(args)
        inquiry.variables |= {
            str(number): given[number - 1] if number <= len(given) else () for number in range(1, 10)
        }
        self._running.append(name)
        inquiry.depth += 1
        inquiry.read_commands(body)
        inquiry.depth -= 1
        self._running.pop()
        inquiry.variables |= outer
        if outer_list is None:
            inquiry.lists.pop("@", None)
        else:
            inquiry.lists["@"] = outer_list
        return True

    def look_at_rest(self, inquiry: Guesses) -> None:
        """What is defined and never called here may be called by what cannot be seen."""
        while self._waiting and not inquiry.effort.is_spent:
            name = next(iter(self._waiting))
            del self._waiting[name]
            inquiry.note(Level.CONSENT, f"it defines {name}, which nothing calls")
            inquiry.read_commands(self._bodies[name])
