"""session-stats: how the session stands, every `interval` turns."""

from dataclasses import dataclass

from aura.api import BeforeChat, Injection, ModelInfo, Turn, hookimpl


@dataclass
class Plugin:
    """`interval` is in turns; `top_tools` is how many of the most used tools are named."""

    interval: int = 5
    top_tools: int = 3

    def __post_init__(self) -> None:
        if self.interval < 1:
            raise ValueError("interval has to be 1 or more")
        if self.top_tools < 0:
            raise ValueError("top_tools has to be 0 or more")

    @hookimpl
    def before_chat(self, turn: Turn, model: ModelInfo) -> BeforeChat | None:
        """Speak before the first model call of every so many turns."""
        if turn.steps or not turn.number or turn.number % self.interval:
            return None
        text = f"The session so far: {'; '.join(self._facts(turn, model))}."
        return BeforeChat(Injection(text, notice=text))

    def _facts(self, turn: Turn, model: ModelInfo) -> list[str]:
        counters = turn.counters
        context = f"context {counters.context_tokens:,} tokens"
        if model.window:
            context += f" ({counters.context_tokens / model.window:.0%} of the window)"
        facts = [
            f"turn {turn.number}",
            f"{_say_time(turn.spend.seconds)} of work",
            f"{counters.tool_calls} tool calls, {counters.tool_errors} of them failed",
            context,
        ]
        by_use = sorted(counters.by_tool.items(), key=lambda item: (-item[1], item[0]))
        used = ", ".join(f"{name} {count}" for name, count in by_use[: self.top_tools])
        return [*facts, f"most used tools: {used}"] if used else facts


def _say_time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
