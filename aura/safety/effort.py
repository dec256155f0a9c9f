"""How much work went into looking at one shell text, so that a hostile one is given up in time."""

from dataclasses import dataclass

MOST_LOOKS = 40  # at texts that may be commands
MOST_COMMANDS = 400
MOST_WORDS = 1500
MOST_CHARACTERS = 100_000  # with those of texts inside of others


@dataclass
class Effort:
    """What was looked at so far, counted over a text and all texts inside of it."""

    looks: int = 0
    commands: int = 0
    words: int = 0
    characters: int = 0

    @property
    def is_spent(self) -> bool:
        """Whether enough was looked at, and the rest cannot be judged."""
        return (
            self.commands > MOST_COMMANDS
            or self.words > MOST_WORDS
            or self.characters > MOST_CHARACTERS
            or self.looks > MOST_LOOKS
        )
