"""A failed call → the one `ModelError` that says what failed, whose key it was, and what to do."""

import html
import json
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from aura.core.durations import tell_duration
from aura.core.errors import ModelError, ModelErrorKind
from aura.models.decode import Fault
from aura.models.dialects import read_fault
from aura.models.endpoint import Endpoint
from aura.models.waiting import read_wait
from aura.models.wording import judge

SHOWN = 300
SOON = 60.0  # seconds: for longer waits people are told until when
KEY_SHAPE = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|key|hf|AIza|pplx|csk|nvapi|r8|fw)[-_][A-Za-z0-9_*.\-]{8,}|AIza[\w-]{20,}"
)
WAITING = frozenset({ModelErrorKind.RATE_LIMIT, ModelErrorKind.OVERLOADED, ModelErrorKind.QUOTA})

ADVICE = {
    ModelErrorKind.RATE_LIMIT: "Too many requests for now; wait, or choose another model.",
    ModelErrorKind.OVERLOADED: "The provider has trouble; wait, or choose another model.",
    ModelErrorKind.NETWORK: "Check the network, and the address if it is your own server.",
    ModelErrorKind.CUT: "Send the request again.",
    ModelErrorKind.TIMEOUT: "Try again, or choose a faster model.",
    ModelErrorKind.QUOTA: "Add credit or raise the limit with the provider, or choose another model.",
    ModelErrorKind.AUTH: "Set a valid key, or choose another model.",
    ModelErrorKind.NOT_FOUND: "Check the model's name, and that the key may use it.",
    ModelErrorKind.CONTEXT_OVERFLOW: "The conversation is longer than the model's window; compact it.",
    ModelErrorKind.TOO_LARGE: "Send less at once: fewer or smaller files and images.",
    ModelErrorKind.CONTENT_FILTER: "The provider's content filter refused it; say it differently.",
    ModelErrorKind.BAD_REQUEST: "The provider does not take the request as it is.",
    ModelErrorKind.BAD_REPLY: "The reply could not be used; send the request again.",
    ModelErrorKind.UNKNOWN: "Try again, or choose another model.",
}


def tidy(text: str, secret: str | None = None) -> str:
    """A provider's words on one short line, with nothing in them that looks like a key."""
    if secret and len(secret) >= 6:
        text = text.replace(secret, "…")
    text = " ".join(KEY_SHAPE.sub("…", text).split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def make_error(
    endpoint: Endpoint,
    kind: ModelErrorKind,
    words: str,
    *,
    status: int = 0,
    retry_after: float | None = None,
    partial: str = "",
    advice: str = "",
) -> ModelError:
    """The error of a call to `endpoint`, with the provider's words and aura's advice (empty: the usual)."""
    words = tidy(words, endpoint.api_key).rstrip(".")
    number = f" ({status})" if status else ""
    said = f": {words}." if words else "."
    whose = ""
    about_key = kind in {ModelErrorKind.AUTH, ModelErrorKind.QUOTA, ModelErrorKind.NOT_FOUND}
    if about_key and status and endpoint.key_name and endpoint.api_key:
        whose = f" The key came from {endpoint.key_name}."
    sentence = f"{endpoint.info.name} failed{number}{said}{whose} {advice or ADVICE[kind]}"
    return ModelError(kind, sentence, status=status, retry_after=retry_after, partial=partial)


def from_fault(
    endpoint: Endpoint, fault: Fault, headers: Mapping[str, str] | None = None, partial: str = ""
) -> ModelError:
    """The error for what a provider reported, as a status or inside the stream."""
    text = f"{fault.message} {fault.code}"
    kind = ModelErrorKind.CONTENT_FILTER if fault.code == "content_filter" else judge(fault.status, text)
    wait = read_wait(headers or {}, text, time.time()) if kind in WAITING else None
    advice = f"{ADVICE[kind]} {tell_when(wait)}" if wait is not None and wait > SOON else ""
    return make_error(
        endpoint, kind, fault.message, status=fault.status, retry_after=wait, partial=partial, advice=advice
    )


def tell_when(wait: float) -> str:
    """A sentence with the wait and the time of day, by the clock of this machine, when it is over."""
    moment = time.localtime(time.time() + wait)
    form = "%H:%M" if wait < 12 * 3600 else "%Y-%m-%d %H:%M"
    return f"It asks to wait {tell_duration(wait, tenths=False)}, until {time.strftime(form, moment)}."


def read_body(status: int, body: str, content_type: str) -> Fault:
    """What the body of an error says, whether it is JSON in any shape, HTML, text or nothing."""
    stripped = body.strip()
    value: Any = None
    try:
        value = json.loads(stripped) if stripped else None
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, Mapping):
        words = next((value[key] for key in ("message", "Message", "msg") if value.get(key)), stripped[:1000])
        fault = read_fault("", value) or Fault(str(words))
        details = _details(value)
        return Fault(fault.message, status or fault.status, f"{fault.code} {details}".strip())
    if "<html" in stripped[:1000].lower() or "html" in content_type:
        return Fault(f"a web page instead of a reply ({page_title(stripped)})", status)
    return Fault(stripped[:1000] or "the provider gave no reason", status)


def _details(value: Mapping[str, Any]) -> str:
    """What stands beside the message and tells kinds of errors apart: retry delays, quota names, error types."""
    error = value.get("error")
    inner = error.get("details") or error.get("metadata") if isinstance(error, Mapping) else None
    outer = " ".join(str(value[key]) for key in ("__type", "code", "type") if isinstance(value.get(key), str))
    if isinstance(error, Mapping):
        times = ((key, error[key]) for key in error if re.match(r"resets?_|retry_", str(key)))
        outer += "".join(f" {key}: {one}" for key, one in times if isinstance(one, int | float | str))[:400]
    return f"{json.dumps(inner)[:4000] if inner else ''} {outer}".strip()


def page_title(page: str) -> str:
    """The title of an HTML page, or its first words."""
    found = re.search(r"<title[^>]*>(.*?)</title>", page, re.IGNORECASE | re.DOTALL)
    text = found.group(1) if found else re.sub(r"<[^>]+>", " ", page)
    return tidy(html.unescape(text))[:80] or "no title"


def from_status(endpoint: Endpoint, status: int, headers: Mapping[str, str], body: bytes) -> ModelError:
    """The error for a reply whose HTTP status is not success."""
    lowered = {name.lower(): value for name, value in headers.items()}
    if 300 <= status < 400:
        target = urlsplit(lowered.get("location", "")).netloc or "another address"
        words = f"the address redirects to {target}; set the model's api_base to the final address"
        return make_error(endpoint, ModelErrorKind.BAD_REQUEST, words, status=status)
    text = body.decode(errors="replace")
    fault = read_body(status, text, lowered.get("content-type", ""))
    if aws := lowered.get("x-amzn-errortype"):
        fault.code = f"{fault.code} {aws.split(':')[0]}"
    return from_fault(endpoint, fault, lowered)
