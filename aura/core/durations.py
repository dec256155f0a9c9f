"""Times as people write them: `90`, `90s`, `30m`, `2h`, `1d`, `1w`."""

import re

from aura.core.errors import ConfigError

UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}


def read_duration(text: str) -> float:
    """Seconds from `90`, `90s`, `30m`, `2h`, `1d` or `1w`; raises `ConfigError`."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw]?)\s*", text.lower())
    if match is None:
        raise ConfigError(f"{text!r} is not a time: write seconds, or a number with s, m, h, d or w.")
    return float(match[1]) * UNITS[match[2]]
