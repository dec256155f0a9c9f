"""aura: a terminal coding assistant you can leave alone."""

__version__ = "0.1.0"
