"""Messages → the chat form that litellm translates from; each message is converted and serialised once."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aura.core.messages import Image, Message, Text, Thinking, ToolCall, ToolResult
from aura.core.models import ToolSpec
from aura.models.endpoint import Endpoint

KEPT_RAW = 4000  # characters of unreadable arguments that the model gets to see again
EPHEMERAL = {"type": "ephemeral"}
IMAGE_TOKENS = 1200  # what a picture is taken to cost when the provider does not say
SEEN = "(the pictures follow)"
UNSEEN = "[a picture was left out: this model cannot see pictures]"
GIVES_BACK_REASONING = frozenset(
    {
        "dashscope",
        "deepseek",
        "hosted_vllm",
        "llamafile",
        "lm_studio",
        "minimax",
        "moonshot",
        "openai",
        "openrouter",
        "vllm",
        "xiaomi_mimo",
        "zai",
    }
)


@dataclass(frozen=True, slots=True)
class Style:
    """How one model's provider wants messages.

    `thinking` is the form of thinking it takes back (empty: none), `caches` whether it wants cache marks, `sees`
    whether pictures may be sent, `nests` whether a tool result may hold them, `strict` whether only plain ids pass.
    """

    model: str
    thinking: str = ""
    caches: bool = False
    sees: bool = True
    nests: bool = False
    strict: bool = False
    mistral: bool = False
    bare: bool = False
    listed: bool = False


def choose_style(endpoint: Endpoint) -> Style:
    """The style that fits the endpoint's provider and model."""
    provider, name = endpoint.provider or endpoint.name.partition("/")[0], endpoint.name.lower()
    known = endpoint.info.capabilities
    sees = "vision" in known or not known & {"tools", "thinking"}
    hosts = provider in {"bedrock", "vertex_ai", "azure_ai", "databricks"}
    is_claude = provider == "anthropic" or (hosts and ("claude" in name or "anthropic" in name))
    is_gemini = provider in {"gemini", "vertex_ai", "vertex_ai_beta"} and not is_claude
    style = Style(endpoint.info.name, sees=sees)
    if is_claude or provider == "bedrock":
        cacheable = is_claude or "nova" in name
        return replace(style, thinking="anthropic", caches=cacheable, nests=True, strict=True, bare=True)
    if is_gemini:
        return replace(style, thinking="gemini", bare=True)
    if provider == "openrouter" and "anthropic/" in name:
        return replace(style, thinking="openai", caches=True, listed=True)
    if "mistral" in provider or re.search(r"mi[sn]i?stral|codestral|devstral|magistral|pixtral", name):
        return replace(style, mistral=True)
    if provider in {"openai", "azure"} or "responses/" in name:
        return replace(style, thinking="openai")
    bare = provider in {"cohere", "cohere_chat", "ollama_chat", "ollama"}
    return replace(style, thinking="openai" if provider in GIVES_BACK_REASONING else "", bare=bare)


@dataclass(slots=True)
class Converted:
    """One message in the chat form: its entries, pictures that must follow the results, a guess of its tokens."""

    entries: tuple[dict[str, Any], ...]
    pictures: tuple[Image, ...] = ()
    tokens: int = 0
    shapes: tuple[Any, ...] = ()
    texts: tuple[bytes, ...] = ()


@dataclass(slots=True)
class Prepared:
    """A whole conversation in the chat form; `texts` are the same entries as JSON, `tokens` a guess."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    shapes: list[Any] = field(default_factory=list)
    tokens: int = 0

    def add(self, item: Converted) -> None:
        """Append what one message became."""
        self.entries += item.entries
        self.texts += item.texts
        self.shapes += item.shapes
        self.tokens += item.tokens


class Converter:
    """Converts conversations for one endpoint and remembers what each message became."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self._known: dict[int, tuple[Message, Converted]] = {}
        self._system: tuple[str, Converted] | None = None

    def convert(self, system: str, messages: Sequence[Message]) -> Prepared:
        """The conversation in the chat form: unsendable messages are left out, results stay with their calls."""
        done = Prepared()
        if system:
            done.add(self._convert_system(system))
        pictures: tuple[Image, ...] = ()
        previous = ""
        fresh: dict[int, tuple[Message, Converted]] = {}
        for message in messages:
            item = self._remember(message, fresh)
            if message.role != "tool":
                if previous == "tool" and self.style.mistral and (pictures or message.role == "user"):
                    done.add(BETWEEN)
                if pictures:
                    done.add(self._show(pictures))
                pictures = ()
            done.add(item)
            pictures += item.pictures
            previous = message.role if item.entries else previous
        if pictures:
            if self.style.mistral:
                done.add(BETWEEN)
            done.add(self._show(pictures))
        self._known = fresh
        if self.style.caches:
            self._mark(done)
        return done

    def _remember(self, message: Message, fresh: dict[int, tuple[Message, Converted]]) -> Converted:
        known = self._known.get(id(message))
        if known is None or known[0] is not message:
            known = (message, self._convert(message))
        fresh[id(message)] = known
        return known[1]

    def _convert_system(self, system: str) -> Converted:
        if self._system is None or self._system[0] != system:
            content: Any = system
            if self.style.caches:
                content = [{"type": "text", "text": system, "cache_control": EPHEMERAL}]
            self._system = (system, seal(({"role": "system", "content": content},)))
        return self._system[1]

    def _convert(self, message: Message) -> Converted:
        if message.role == "assistant":
            entry = self._convert_reply(message)
            return seal((entry,) if entry else ())
        if message.role == "tool":
            results = message.results
            pictures = () if self.style.nests else tuple(image for one in results for image in one.images)
            return seal(tuple(self._convert_result(one) for one in results), pictures)
        return seal(({"role": "user", "content": self._convert_parts(message)},))

    def _convert_parts(self, message: Message) -> Any:
        images = [part for part in message.parts if isinstance(part, Image)]
        if not images:
            return message.text if message.text.strip() else "(empty message)"
        blocks = []
        for part in message.parts:
            if isinstance(part, Text) and part.text.strip():
                blocks.append({"type": "text", "text": part.text})
            elif isinstance(part, Image):
                blocks.append(self._convert_image(part))
        return blocks

    def _convert_image(self, image: Image) -> dict[str, Any]:
        if not self.style.sees:
            return {"type": "text", "text": UNSEEN}
        return {"type": "image_url", "image_url": {"url": f"data:{image.media_type};base64,{image.data}"}}

    def _show(self, pictures: tuple[Image, ...]) -> Converted:
        """Pictures out of tool results, as a message of their own."""
        blocks = [{"type": "text", "text": "Pictures from the tool results above:"}]
        return seal(({"role": "user", "content": [*blocks, *map(self._convert_image, pictures)]},))

    def _convert_result(self, result: ToolResult) -> dict[str, Any]:
        content: Any = result.content if result.content.strip() else "(no output)"
        if result.images and self.style.nests:
            content = [{"type": "text", "text": content}, *map(self._convert_image, result.images)]
        elif result.images:
            content = f"{content}\n{SEEN}"
        return {"role": "tool", "tool_call_id": self._fit_id(result.call_id), "content": content}

    def _convert_reply(self, message: Message) -> dict[str, Any] | None:
        text, calls = message.text, message.tool_calls
        if not text.strip() and not calls:
            return None
        entry: dict[str, Any] = {"role": "assistant"}
        if text.strip():
            entry["content"] = text
        elif not self.style.bare:
            entry["content"] = ""
        entry |= self._give_back([part for part in message.parts if isinstance(part, Thinking)])
        if calls:
            entry["tool_calls"] = [self._convert_call(call) for call in calls]
        return entry

    def _convert_call(self, call: ToolCall) -> dict[str, Any]:
        arguments: Mapping[str, Any] = call.arguments
        if call.problem:
            arguments = {"unreadable_arguments": call.raw[:KEPT_RAW]}
        text = json.dumps(arguments, ensure_ascii=False)
        function = {"name": call.name or "unnamed", "arguments": text}
        entry: dict[str, Any] = {"id": self._fit_id(call.id), "type": "function", "function": function}
        if call.opaque.get("format") == "gemini" and self.style.thinking == "gemini":
            entry["provider_specific_fields"] = {"thought_signature": call.opaque["thought_signature"]}
        elif call.opaque.get("extra_content") and self.style.thinking == "openai":
            entry["extra_content"] = call.opaque["extra_content"]
        return entry

    def _give_back(self, thoughts: list[Thinking]) -> dict[str, Any]:
        """The model's thinking in the form its provider gave it; nothing of another provider's."""
        form = self.style.thinking
        if form == "anthropic":
            blocks = [block for thought in thoughts if (block := _anthropic_block(thought))]
            return {"thinking_blocks": blocks} if blocks else {}
        if form == "gemini":
            opaques = [one.opaque for one in thoughts if one.opaque.get("format") == "gemini"]
            signatures = [one["thought_signature"] for one in opaques]
            return {"provider_specific_fields": {"thought_signatures": signatures}} if signatures else {}
        if form != "openai":
            return {}
        back: dict[str, Any] = {}
        for thought in thoughts:
            opaque = thought.opaque
            if opaque.get("model") != self.style.model:
                continue
            if opaque.get("format") == "responses":
                back.setdefault("reasoning_items", []).append(opaque["item"])
            elif "reasoning_details" in opaque:
                back.setdefault("reasoning_details", []).extend(opaque["reasoning_details"])
            elif key := opaque.get("field"):
                back[key] = f"{back[key]}\n\n{thought.text}" if key in back else thought.text
        return back

    def _fit_id(self, id: str) -> str:
        """The id in a form the provider takes; always the same for the same id."""
        if self.style.mistral:
            fits = re.fullmatch(r"[A-Za-z0-9]{9}", id)
        elif self.style.strict:
            fits = re.fullmatch(r"[A-Za-z0-9_-]{1,64}", id)
        else:
            fits = re.fullmatch(r".{1,40}", id)
        digest = hashlib.blake2b(id.encode(errors="replace"), digest_size=12).hexdigest()
        return id if fits else digest[:9] if self.style.mistral else f"call_{digest}"

    def _mark(self, done: Prepared) -> None:
        """Put cache marks on the last entry, and on what was last one call ago."""
        roles = [entry["role"] for entry in done.entries]
        ends = [place for place, role in enumerate(roles) if role in {"user", "tool"}]
        before = [place for place in ends if "assistant" in roles[place:]]
        for place in {*ends[-1:], *before[-1:]}:
            marked = seal((self._mark_entry(done.entries[place]),))
            done.entries[place], done.texts[place] = marked.entries[0], marked.texts[0]
            done.shapes[place] = marked.shapes[0]

    def _mark_entry(self, entry: dict[str, Any]) -> dict[str, Any]:
        content = entry["content"]
        if entry["role"] == "tool" and not self.style.listed:
            return {**entry, "cache_control": EPHEMERAL}
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
        return {**entry, "content": [*blocks[:-1], {**blocks[-1], "cache_control": EPHEMERAL}]}


def _anthropic_block(thought: Thinking) -> dict[str, Any] | None:
    opaque = thought.opaque
    if opaque.get("format") != "anthropic":
        return None
    if "redacted" in opaque:
        return {"type": "redacted_thinking", "data": opaque["redacted"]}
    if "signature" in opaque:
        return {"type": "thinking", "thinking": thought.text, "signature": opaque["signature"]}
    return None


def seal(entries: tuple[dict[str, Any], ...], pictures: tuple[Image, ...] = ()) -> Converted:
    """Entries with their JSON, their shapes and a guess of their tokens."""
    texts = tuple(
        json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
        for entry in entries
    )
    tokens = sum(len(text) - _image_bytes(entry) for text, entry in zip(texts, entries, strict=True)) // 4
    images = sum(_image_bytes(entry) > 0 for entry in entries) + len(pictures)
    return Converted(entries, pictures, tokens + images * IMAGE_TOKENS, tuple(map(shape, entries)), texts)


def _image_bytes(entry: Mapping[str, Any]) -> int:
    content = entry.get("content")
    if not isinstance(content, list):
        return 0
    return sum(len(block["image_url"]["url"]) for block in content if block.get("type") == "image_url")


def shape(entry: Mapping[str, Any]) -> Any:
    """What litellm's treatment of an entry can depend on, apart from the words in it."""
    content = entry.get("content")
    if isinstance(content, list):
        kinds: Any = tuple((*sorted(block), block.get("type")) for block in content)
    else:
        kinds = content == ""
    calls = entry.get("tool_calls") or ()
    return (
        tuple(sorted(entry)),
        entry["role"],
        kinds,
        tuple(sorted({key for call in calls for key in call})),
    )


def convert_tools(tools: Sequence[ToolSpec], style: Style) -> list[dict[str, Any]]:
    """The tools in the chat form; the last one carries a cache mark where marks are wanted."""
    done: list[dict[str, Any]] = [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": dict(tool.parameters),
            },
        }
        for tool in tools
    ]
    if done and style.caches:
        done[-1]["cache_control"] = EPHEMERAL
    return done


BETWEEN = seal(({"role": "assistant", "content": "Done."},))  # Mistral takes no user right after a tool
