"""What the operators of `${name…}` make of a value that is known."""

import fnmatch
import re


def change_value(values: tuple[str, ...], sign: str, rest: str) -> tuple[str, ...]:
    """The values after an operator with what follows it; none when they cannot be told.

    A default (`:-`) is one more value that is possible: the variable may be set elsewhere.
    """
    if not sign:
        return values
    if sign in ("-", ":-", "=", ":="):
        is_fixed = re.search(r"[$`\\'\"]", rest) is None
        return tuple(dict.fromkeys((*values, rest))) if is_fixed and values else ()
    if not values or re.search(r"[$`\\]", rest):
        return ()
    if sign in ("#", "##", "%", "%%"):
        return tuple(_strip(value, sign, rest) for value in values)
    if sign in ("^", "^^", ",", ",,") and not rest:
        return tuple(_change_case(value, sign) for value in values)
    if sign in ("/", "//"):
        pattern, _, new = rest.partition("/")
        count = 0 if sign == "//" else 1
        expression = fnmatch.translate(pattern).removesuffix(r"\Z").removesuffix(r"\z")
        return tuple(re.sub(expression, lambda _: new, value, count=count) for value in values)
    found = re.fullmatch(r"\s*(\d+)\s*(?::\s*(\d+)\s*)?", rest) if sign == ":" else None
    if found:
        start = int(found.group(1))
        end = start + int(found.group(2)) if found.group(2) else None
        return tuple(value[start:end] for value in values)
    return ()


def _strip(value: str, sign: str, pattern: str) -> str:
    """The value without the part at its begin (`#`) or end (`%`) that a pattern matches; two signs: the longest."""
    sizes = range(len(value) + 1)
    for size in reversed(sizes) if len(sign) == 2 else sizes:
        if sign[0] == "#" and fnmatch.fnmatchcase(value[:size], pattern):
            return value[size:]
        if sign[0] == "%" and fnmatch.fnmatchcase(value[len(value) - size :], pattern):
            return value[: len(value) - size]
    return value


def _change_case(value: str, sign: str) -> str:
    if len(sign) == 2:
        return value.upper() if sign == "^^" else value.lower()
    return (value[:1].upper() if sign == "^" else value[:1].lower()) + value[1:]
