"""What providers' errors mean, in their own words; and how long they ask to wait."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from aura.core.errors import ModelErrorKind
from aura.core.models import ModelInfo
from aura.models.decode import Fault
from aura.models.endpoint import Endpoint
from aura.models.faults import ADVICE, from_fault, from_status, page_title, tidy
from aura.models.waiting import read_span, read_wait
from aura.models.wording import is_overflow, judge

ENDPOINT = Endpoint(ModelInfo("prov/model"), api_key="sk-secret-0123456789", key_name="PROV_KEY")

WORDINGS = yaml.safe_load((Path(__file__).parent / "wire" / "wordings.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", WORDINGS, ids=lambda row: f"{row['status']} {row['text'][:40]}")
def test_wordings(row: dict[str, Any]) -> None:
    assert judge(row["status"], row["text"]) == row["kind"]
    assert is_overflow(row["text"], row["status"]) == (row["kind"] == "context_overflow")


def test_every_kind_has_advice() -> None:
    assert set(ADVICE) == set(ModelErrorKind)


# --- bodies and sentences -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "No such thing", "type": "x", "code": None}}, "No such thing"),
        ([{"error": {"code": 400, "message": "Listed", "status": "INVALID_ARGUMENT"}}], "Listed"),
        ({"type": "error", "error": {"type": "invalid_request_error", "message": "Typed"}}, "Typed"),
        ({"object": "error", "message": "Flat", "code": 40303}, "Flat"),
        ({"detail": "Detailed"}, "Detailed"),
        ({"detail": [{"loc": ["body"], "msg": "field required"}]}, "field required"),
        ({"message": "Plain"}, "Plain"),
        ({"error": "A string"}, "A string"),
        ("just text", "just text"),
        ("<html><title>403 Forbidden</title></html>", "403 Forbidden"),
        ("", "no reason"),
    ],
)
def test_bodies_of_any_shape(body: Any, words: str) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    error = from_status(ENDPOINT, 400, {"Content-Type": "application/json"}, text.encode())
    assert error.kind is ModelErrorKind.BAD_REQUEST
    assert words in error.sentence


def test_what_stands_behind_a_router_counts() -> None:
    inner = {"message": "Provider returned error", "code": 400, "metadata": {"raw": "prompt is too long"}}
    error = from_status(ENDPOINT, 400, {}, json.dumps({"error": inner}).encode())
    assert error.kind is ModelErrorKind.CONTEXT_OVERFLOW
    assert "prompt is too long" in error.sentence


def test_gemini_details_tell_a_pause_from_an_empty_purse() -> None:
    def body(quota: str) -> bytes:
        details = [
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": quota}]},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"},
        ]
        message = "You exceeded your current quota, please check your plan and billing details."
        error = {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED", "details": details}
        return json.dumps({"error": error}).encode()

    paused = from_status(ENDPOINT, 429, {}, body("GenerateRequestsPerMinutePerProjectPerModel"))
    assert (paused.kind, paused.retry_after) == (ModelErrorKind.RATE_LIMIT, 34.0)
    empty = from_status(ENDPOINT, 429, {}, body("GenerateRequestsPerDayPerProjectPerModel-FreeTier"))
    assert empty.kind is ModelErrorKind.QUOTA


def test_aws_names_the_error_in_a_header() -> None:
    headers = {"x-amzn-ErrorType": "ThrottlingException:http://internal.amazon.com/"}
    assert from_status(ENDPOINT, 400, headers, b'{"message": "slow"}').kind is ModelErrorKind.RATE_LIMIT
    headers = {"x-amzn-ErrorType": "AccessDeniedException"}
    assert from_status(ENDPOINT, 403, headers, b'{"Message": "no"}').kind is ModelErrorKind.AUTH


def test_sentences_name_model_status_key_and_what_to_do() -> None:
    error = from_status(ENDPOINT, 401, {}, b'{"error": {"message": "bad key sk-secret-0123456789"}}')
    assert error.sentence == (
        "prov/model failed (401): bad key …. The key came from PROV_KEY. Set a valid key, or choose another model."
    )
    assert error.exit_code == 75
    fault = from_fault(ENDPOINT, Fault("Overloaded", 529, "overloaded_error"), {"retry-after": "3"}, "so far")
    assert (fault.kind, fault.retry_after, fault.partial) == (ModelErrorKind.OVERLOADED, 3.0, "so far")


def test_words_are_short_and_hold_no_keys() -> None:
    assert tidy("a\n  b\tc") == "a b c"
    assert tidy("key sk-ant-REDACTED and AIzaSyA1234567890123456789012") == "key … and …"
    assert len(tidy("x" * 5000)) == 300
    assert page_title("<p>Hello <b>there</b></p>") == "Hello there"


# --- waiting ------------------------------------------------------------------------------------------------

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12", 12),
        ("1.5", 1.5),
        ("20ms", 0.02),
        ("6m0s", 360),
        ("1h2m3.5s", 3723.5),
        ("34.07s", 34.07),
        ("26 seconds", 26),
        ("1 minute and 5 seconds", 65),
        ("2 days", 172800),
        ("soon", None),
        ("", None),
    ],
)
def test_spans(text: str, seconds: float | None) -> None:
    assert read_span(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("headers", "text", "seconds"),
    [
        ({"Retry-After": "30"}, "", 30),
        ({"retry-after": "0.5"}, "", 0.5),
        ({"retry-after-ms": "1500", "retry-after": "30"}, "", 1.5),
        ({"x-ms-retry-after-ms": "250"}, "", 0.25),
        ({"retry-after": "Fri, 15 Jan 2027 08:01:00 GMT", "date": "Fri, 15 Jan 2027 08:00:00 GMT"}, "", 60),
        ({"retry-after": "Fri, 15 Jan 2027 08:00:40 GMT"}, "", 40),
        ({"retry-after": "Fri, 15 Jan 2021 08:00:00 GMT"}, "", 0),
        ({"retry-after": "nonsense"}, "", None),
        ({"retry-after": "-5"}, "", None),
        ({"retry-after": "99999999999"}, "", None),
        ({}, "Rate limit reached. Please try again in 6.53s.", 6.53),
        ({}, "Please try again in 1m26.4s. Need more tokens?", 86.4),
        ({}, "Please try again in 20ms.", 0.02),
        ({}, "Please retry after 26 seconds.", 26),
        ({}, "Please retry in 34.074824224s.", 34.074824224),
        ({}, '"retryDelay": "34s"', 34),
        ({}, "try again with fewer than 5 tools", None),
        ({}, "nothing about it", None),
        ({}, "You will regain access on 2027-01-16 at 08:00 UTC.", 86400),
        ({}, "usage_limit_reached resets_in_seconds: 18000", 18000),
        ({}, '{"type": "usage_limit_reached", "resets_at": 1800003600}', 3600),
        ({}, "Claude AI usage limit reached|1800007200", 7200),
        ({}, "Usage limit reached for 5 hour. Your limit will reset at 2027-01-15 17:00:00", 3600),
        ({}, "Your limit will reset at 2027-01-15 10:00:00", 7200),
        ({}, "limit resets at: 2027-01-15T10:13:01+0000", 7981),
        ({}, "Access resets at 10:57 PM GMT-3.", 17 * 3600 + 57 * 60),
        ({}, "5-hour limit reached, resets 3pm (UTC)", 7 * 3600),
        (
            {},
            "You've hit your usage limit. Try again in 3 days 4 hours 12 minutes.",
            3 * 86400 + 4 * 3600 + 720,
        ),
        ({}, "Your quota will reset after 3h12m5s.", 3 * 3600 + 725),
        ({}, "Please wait 23456 seconds before retrying.", 23456),
        ({}, "retry_after: 12", 12),
        ({}, "resets next week", None),
        (
            {
                "anthropic-ratelimit-unified-reset": "1800003600",
                "anthropic-ratelimit-unified-5h-reset": "1800003600",
                "anthropic-ratelimit-unified-7d-reset": "1800400000",
            },
            "",
            3600,
        ),
        (
            {"x-ratelimit-reset-requests-day": "33011.4", "x-ratelimit-remaining-requests-day": "0"},
            "",
            33011.4,
        ),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-remaining-requests": "0"}, "", 1),
        (
            {
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-remaining-requests": "5",
                "x-ratelimit-reset-tokens": "6m0s",
                "x-ratelimit-remaining-tokens": "0",
            },
            "",
            360,
        ),
        ({"x-ratelimit-reset-tokens": "6m0s", "x-ratelimit-remaining-tokens": "12"}, "", None),
        (
            {
                "anthropic-ratelimit-requests-reset": "2027-01-15T08:00:10Z",
                "anthropic-ratelimit-requests-remaining": "0",
            },
            "",
            10,
        ),
        ({"x-ratelimit-reset": "1800000020000", "x-ratelimit-remaining": "0"}, "", 20),
        ({"x-ratelimit-reset": "1800000020"}, "", 20),
        ({"ratelimit-reset": "15", "ratelimit-remaining": "0"}, "", 15),
        ({}, '{"headers": {"X-RateLimit-Reset": "1800000005000"}}', 5),
    ],
)
def test_waits(headers: dict[str, str], text: str, seconds: float | None) -> None:
    assert read_wait(headers, text, NOW) == (None if seconds is None else pytest.approx(seconds))
