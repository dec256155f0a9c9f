"""What providers' error messages mean: patterns of real wordings, tried in order."""

import re
from collections.abc import Sequence

from aura.core.errors import ModelErrorKind as Kind


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE | re.DOTALL)


PACE = _any(
    r"\b(?:tokens?|requests?|calls?|queries)\s*(?:per|/)[\s-]*(?:sec|min|hour|day|month)",
    r"\b[trq]p[mdsh]\b",
    r"rate.?limit",
    r"throttl",
    r"too many (?:concurrent )?requests",
    r"per[ -]?minute",
    r"retrydelay",
)
OVERFLOW_CODE = _any(
    r"context_length_exceeded",
    r"context_window_exceeded",
    r"exceed_context_size",
    r"max_prompt_tokens_exceeded",
    r"tokens_limit_reached",
    r"input_too_long",
)
OVERFLOW = _any(
    r"context[ _-]?(?:length|window|size|limit)\b.{0,120}"
    r"(?:exceed|maximum|longer|too (?:long|large)|greater|overflow|is only|not enough|however|reached|limit)",
    r"(?:exceed|maximum|longer than|greater than|too (?:long|large) for|larger than|overflows?|reached|fit)"
    r".{0,100}context[ _-]?(?:length|window|size|limit)\b",
    r"inputs?\b.{0,40}must (?:be <=|have less than)",
    r"(?:prompt|input|conversation|messages?)(?: is| are)? too long",
    r"(?:prompt|input)s?\b.{0,40}exceeds?.{0,20}(?:max\w* length|token|limit)",
    r"(?:input|prompt|request|message|total|context)s?\b[^.]{0,80}tokens?\b[^.]{0,80}"
    r"(?:exceed|longer than|greater than|must be <=|must have less than|more than the maximum)",
    r"exceed\w*[^.]{0,60}(?:model token limit|maximum (?:number of )?(?:input |prompt )?tokens|max\w* \w+ length)",
    r"reduce the length of (?:the|your|either)",
    r"too many (?:input |prompt |total )?tokens\b",
    r"maximum (?:prompt|input|model|sequence|allowed input) length",
    r"longer than the maximum model length",
    r"range of input length",
    r"input token count",
    r"(?:max size|at most|limit of):? [\d,]+ (?:input )?tokens",
)
NOT_OVERFLOW = _any(
    r"max_?(?:completion_|output_|new_)?tokens\b",
    r"maximum allowed number of output tokens",
    r"at most [\d,]+ completion tokens",
    r"long context (?:beta|requests?)",
    r"budget_tokens",
)
ABOUT_INPUT = _any(
    r"context[ _-]?(?:length|window|size|limit)", r"\binputs?\b", r"\bprompt\b", r"\bmessages\b"
)
TOOL_WORDS = _any(
    r"tool_use_failed",
    r"failed to call a function",
    r"pars\w+ (?:the )?(?:tool|function)[ _-]?call",
    r"malformed_(?:tool_use|function_call|model_output)",
    r"malformed (?:tool|function) call",
    r"unexpected_tool_call",
    r"too_many_tool_calls",
    r"malformed_response",
)
QUOTA = _any(
    r"insufficient[ _-]?(?:quota|balance|credits?|funds)",
    r"credit balance",
    r"exceeded_current_quota",
    r"billing_(?:hard_limit|not_active|error)",
    r"out of credits?",
    r"(?:used|exhausted|spent|exceeded) (?:all|your).{0,60}credits?",
    r"credit limit",
    r"spend(?:ing)? limit",
    r"(?:monthly|weekly|hourly|session|api) usage limits?",
    r"usage limits?\b.{0,80}(?:regain|reset|reached)|usage_limit_(?:reached|exceeded)|hit your usage limit",
    r"(?:hour|week\w*|month\w*|daily)[- ](?:usage )?limit (?:reached|exceeded)",
    r"arrearage",
    r"account.{0,30}(?:overdue|suspended|balance)",
    r"requires? more credits",
    r"perday",
    r"(?:calls?|requests?) ?/ ?month",
    r"余额不足|欠费",
)
PLAN = re.compile(
    r"exceeded your (?:current )?quota|quota (?:has been )?(?:exceeded|exhausted)", re.IGNORECASE
)
FILTER = _any(
    r"content[ _-]?(?:filter|policy|management|moderation)",
    r"responsibleai",
    r"data_inspection_failed",
    r"content exists risk",
    r"inappropriate content",
    r"moderation",
    r"flagged",
    r"prompt was blocked",
    r"prohibited_content",
    r"safety (?:system|setting|filter|reasons)",
    r"usage polic(?:y|ies)",
    r"invalid_prompt",
    r"\bsensitive (?:content|words)",
)
KEY = _any(
    r"(?:invalid|incorrect|missing|wrong|expired|no|unknown|bad) (?:api|authentication|access|x-api)?[ _-]?key\b",
    r"api[ _]?key.{0,30}(?:not valid|invalid|not found|expired|missing|required|incorrect|must be set)",
    r"api_key_invalid",
    r"invalid_api_key",
    r"unauthori[sz]ed",
    r"unauthenticated",
    r"authentication",
    r"permission[ _]?(?:denied|error)",
    r"security token|unrecognizedclient|expiredtoken|accessdenied|could not validate credentials",
    r"signature.{0,40}(?:does not match|expired)",
)
MODEL = _any(
    r"model_not_found",
    r"not a valid model",
    r"(?:unknown|invalid|unsupported|no such) model\b",
    r"model\b.{0,120}(?:not (?:found|exist)|does ?n.t exist|do not have access|is not available|not supported)",
    r"model not exist",
    r"model identifier is invalid",
    r"no (?:allowed providers|endpoints found|models? loaded)",
    r"has been (?:deprecated|retired|decommissioned)",
)
SIZE = _any(
    r"request_too_large",
    r"request (?:entity |body |payload )?too large",
    r"payload (?:is )?too large",
    r"(?:payload|request|body) size exceeds",
    r"exceeds the maximum (?:allowed )?(?:number of bytes|size)",
    r"image.{0,60}(?:exceeds|too large)",
    r"string_above_max_length|string too long",
    r"too many images",
)
BUSY = _any(
    r"overloaded",
    r"at capacity|capacity exceeded|capacity_exceeded|no capacity|high demand|high load",
    r"unavailable",
    r"loading model|model is (?:currently )?loading",
    r"try again later",
    r"server (?:is )?(?:busy|had an error)",
)


def is_overflow(text: str, status: int = 0) -> bool:
    """Whether an error says that the conversation is longer than the model's window."""
    if OVERFLOW_CODE.search(text):
        return True
    if status == 429 or PACE.search(text):
        return False
    if NOT_OVERFLOW.search(text) and not ABOUT_INPUT.search(text):
        return False
    return OVERFLOW.search(text) is not None


def _over_pace(text: str) -> bool:
    """Whether one request alone asks for more than a whole minute allows."""
    found = re.search(r"limit:? ([\d,]+),? .{0,20}?requested:? ([\d,]+)", text, re.IGNORECASE)
    if found is None or not SIZE.search(text):
        return False
    limit, requested = (int(number.replace(",", "")) for number in found.groups())
    return requested > limit


WORDS: Sequence[tuple[re.Pattern[str], Kind, frozenset[int]]] = (
    (TOOL_WORDS, Kind.BAD_REPLY, frozenset()),
    (_any(r"throttlingexception", r"toomanyrequests"), Kind.RATE_LIMIT, frozenset({0, 400, 403, 503})),
    (QUOTA, Kind.QUOTA, frozenset({0, 400, 401, 403, 412, 429})),
    (FILTER, Kind.CONTENT_FILTER, frozenset({0, 400, 403, 422})),
    (KEY, Kind.AUTH, frozenset({0, 400, 401, 403})),
    (MODEL, Kind.NOT_FOUND, frozenset({0, 400, 403, 404, 422})),
    (SIZE, Kind.TOO_LARGE, frozenset({0, 400, 413, 422})),
    (BUSY, Kind.OVERLOADED, frozenset({0, 429})),
    (PACE, Kind.RATE_LIMIT, frozenset({0})),
)
STATUSES = {
    401: Kind.AUTH,
    402: Kind.QUOTA,
    403: Kind.AUTH,
    404: Kind.NOT_FOUND,
    408: Kind.TIMEOUT,
    409: Kind.OVERLOADED,
    413: Kind.TOO_LARGE,
    424: Kind.OVERLOADED,
    425: Kind.OVERLOADED,
    429: Kind.RATE_LIMIT,
    498: Kind.RATE_LIMIT,
    504: Kind.TIMEOUT,
    524: Kind.TIMEOUT,
}


def judge(status: int, text: str) -> Kind:
    """The kind of an error: its HTTP status (0: none, it came inside a stream) and its words and codes."""
    if is_overflow(text, status):
        return Kind.CONTEXT_OVERFLOW
    if _over_pace(text):
        return Kind.TOO_LARGE
    paced = PACE.search(text) is not None
    if paced and status in {413, 429} and not re.search(r"perday|month|insufficient", text, re.IGNORECASE):
        return Kind.RATE_LIMIT
    for pattern, kind, statuses in WORDS:
        if (not statuses or status in statuses) and pattern.search(text):
            return kind
    if PLAN.search(text) and not paced:
        return Kind.QUOTA
    if status in STATUSES:
        return STATUSES[status]
    if status >= 500:
        return Kind.OVERLOADED
    if status >= 300 or "invalid_request" in text or "validation" in text:
        return Kind.BAD_REQUEST
    return Kind.OVERLOADED
