"""How long a provider asks to wait: from headers and words, in all the forms in use."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 31 * 86400.0
_UNIT = r"(?:ms|milliseconds?|hours?|h|minutes?|mins?|m|seconds?|secs?|s|days?|d)(?![a-z])"
_SPAN = re.compile(rf"(\d+(?:\.\d+)?)\s*({_UNIT}|(?:h|m|s|ms)(?=\d))", re.IGNORECASE)
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "d": 86400.0}
_WORDS = re.compile(
    r"(?:try again|retry|retry[_ -]?delay|retry[_ -]?after|wait|available again|resets?)[^\d.]{0,20}"
    r"(\d[\d.]*\s*[a-z]+(?:[\s,]*\d[\d.]*\s*[a-z]+){0,3})",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"(?:resets?|retry)_(?:in|after)(?:_seconds)?[\"']?\s*[:=]\s*[\"']?(\d+(?:\.\d+)?)\b(?!\s*[a-z])",
    re.IGNORECASE,
)
_STAMPED = re.compile(r"(?:resets?_at[\"']?\s*[:=]\s*[\"']?|limit reached\|)(\d{13}|\d{10})\b", re.IGNORECASE)
_AGAIN = (
    r"(?:resets?|again|available|access|until|regain)(?:[_ ](?:at|on|until|time))?[\"']?\s*[:=]?\s*[\"']?"
)
_DATED = re.compile(
    _AGAIN
    + r"(\d{4}-\d\d-\d\d)(?:T|,? at |,? )(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    _AGAIN + r"(\d{1,2})(?::(\d\d))?\s*([ap])\.?m\b\.?\s*\(?(?:UTC|GMT)([+-]\d{1,2})?", re.IGNORECASE
)
_ZONES = (
    0,
    8,
)  # hours from UTC that a time without a zone may mean: UTC, and Beijing for providers from there


def read_span(text: str) -> float | None:
    """Seconds in a text such as `20ms`, `6m0s`, `1h2m3.5s`, `34 seconds`, `12` (seconds); None when it is none."""
    text = text.strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    total, found = 0.0, False
    for number, unit in _SPAN.findall(text):
        key = unit.lower()
        is_milli = key == "ms" or key.startswith("milli")
        total += float(number) * (0.001 if is_milli else _UNITS[key[0]])
        found = True
    return total if found else None


def _read_moment(text: str, now: float) -> float | None:
    """Seconds from `now` until an HTTP date, an RFC 3339 time, or a Unix time in seconds or milliseconds."""
    if re.fullmatch(r"\d{10}(?:\.\d+)?", text):
        return float(text) - now
    if re.fullmatch(r"\d{13}", text):
        return int(text) / 1000 - now
    try:
        if "T" in text[:12] and text[:4].isdigit():
            moment = datetime.fromisoformat(text)
        else:
            moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp() - now


def _read_value(text: str, now: float) -> float | None:
    text = text.strip()
    moment = _read_moment(text, now)
    return moment if moment is not None else read_span(text)


def _sane(seconds: float | None) -> float | None:
    if seconds is None or seconds > LONGEST:
        return None
    return max(seconds, 0.0)


def read_wait(headers: Mapping[str, str], text: str, now: float) -> float | None:
    """The wait a provider asks for in seconds, None when it asks for none; `now` is Unix time in seconds.

    First `Retry-After` and its relatives, then the words of the message, then the resets of limits that are used up.
    """
    headers = {name.lower(): value for name, value in headers.items()}
    date = _read_moment(headers.get("date", ""), 0.0)
    now = now if date is None else date  # their clock, not ours
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        value = headers.get(name, "").strip()
        if re.fullmatch(r"\d+(?:\.\d+)?", value):
            return _sane(float(value) / 1000)
    if value := headers.get("retry-after", ""):
        found = _sane(_read_value(value, now))
        if found is not None:
            return found
    if (named := read_reset(text, now)) is not None:
        return named
    if said := _WORDS.search(text):
        found = _sane(read_span(said.group(1)))
        if found is not None:
            return found
    return _read_resets(headers, text, now)


def read_reset(text: str, now: float) -> float | None:
    """Seconds until the moment at which a message says that a limit is renewed; None when it names none.

    A time without a zone is taken for the soonest that it may mean: asking too soon costs one request.
    """
    if counted := _COUNTED.search(text):
        return _sane(float(counted[1]))
    if stamped := _STAMPED.search(text):
        return _sane(_read_moment(stamped[1], now))
    if dated := _DATED.search(text):
        zone = dated[3] or ""
        moment = datetime.fromisoformat(f"{dated[1]}T{dated[2]}").replace(tzinfo=UTC).timestamp()
        offsets = [_read_offset(zone)] if zone else [hours * 3600 for hours in _ZONES]
        waits = [moment - offset - now for offset in offsets]
        return _sane(min((wait for wait in waits if wait > 0), default=0.0))
    if clock := _CLOCK.search(text):
        hour = int(clock[1]) % 12 + (12 if clock[3].lower() == "p" else 0)
        seconds = hour * 3600 + int(clock[2] or 0) * 60 - int(clock[4] or 0) * 3600
        return (seconds - now) % 86_400
    return None


def _read_offset(zone: str) -> float:
    """Seconds from UTC of `Z`, `UTC`, `+08:00` and the like."""
    if not zone.startswith(("+", "-")):
        return 0.0
    digits = zone[1:].replace(":", "")
    return (int(digits[:2]) * 3600 + int(digits[2:]) * 60) * (-1 if zone[0] == "-" else 1)


def _read_resets(headers: Mapping[str, str], text: str, now: float) -> float | None:
    """The longest wait among the limits that have nothing left."""
    waits = []
    unified = headers.get("anthropic-ratelimit-unified-reset")  # of the window that is used up, of several
    if unified is not None and (wait := _sane(_read_value(unified, now))) is not None:
        return wait
    for name, value in headers.items():
        if "reset" not in name or "limit" not in name:
            continue
        left = headers.get(name.replace("reset", "remaining"), "0").strip()
        if re.fullmatch(r"0+(?:\.0+)?", left):
            waits.append(_sane(_read_value(value, now)))
    if quoted := re.search(r"x-ratelimit-reset\"?\s*:\s*\"?(\d{10,13})", text, re.IGNORECASE):
        waits.append(_sane(_read_moment(quoted.group(1), now)))
    known = [wait for wait in waits if wait is not None]
    return max(known, default=None)
