"""Times as people write them (`90`, `90s`, `30m`, `2h`, `1d`, `1w`) and as they are told them."""

import math
import re

from aura.core.errors import ConfigError

UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}

SHORT = 99.95  # seconds below which tenths are told
LONGEST = 1e12  # seconds; what is longer is no time that anybody measured


def read_duration(text: str) -> float:
    """Seconds from `90`, `90s`, `30m`, `2h`, `1d` or `1w`; raises `ConfigError`."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw]?)\s*", text.lower())
    if match is None:
        raise ConfigError(f"{text!r} is not a time: write seconds, or a number with s, m, h, d or w.")
    return float(match[1]) * UNITS[match[2]]


def tell_duration(seconds: float, *, tenths: bool = True) -> str:
    """A time as people are told it everywhere: 0.4s, 41.2s, 7m05s, 2h14m, 3d07h, 7d.

    Without `tenths` only whole seconds that are over count: for what still runs, and for limits.
    """
    if not math.isfinite(seconds) or seconds > LONGEST:
        return "an unknown time"
    if tenths and seconds < SHORT:
        return f"{max(seconds, 0.0):.1f}s"
    whole = round(seconds) if tenths else max(int(seconds), 0)
    if whole < 3_600:
        return f"{whole // 60}m{whole % 60:02d}s" if whole >= 100 else f"{whole}s"
    hours, minutes = divmod(whole // 60, 60)
    if hours < 24:
        return f"{hours}h{minutes:02d}m" if minutes else f"{hours}h"
    return f"{hours // 24}d{hours % 24:02d}h" if hours % 24 else f"{hours // 24}d"


def show_duration(seconds: float) -> str:
    """The same in few characters, for gauges and narrow columns: 42s, 12m05, 2h14, 4d05h."""
    whole = max(0, int(min(seconds, LONGEST)))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours_of_day = divmod(hours, 24)
    if days >= 4:
        return f"{days}d{hours_of_day:02d}h"
    if hours:
        return f"{hours}h{minutes:02d}"
    return f"{minutes}m{rest:02d}" if minutes else f"{rest}s"
