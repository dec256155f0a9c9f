"""loop-detection: the same call with the same result, again and again."""

import json
from dataclasses import dataclass

from aura.api import AfterTool, Injection, ToolCall, Turn, digest_call, hookimpl

TEXT = """\
The call {call} was made {count} times in a row with the same arguments and the same result. Making it again will \
change nothing. Use what it returned, or find another way."""

LONGEST = 200


@dataclass
class Plugin:
    """`window` is how many equal calls in a row are too many."""

    window: int = 2

    def __post_init__(self) -> None:
        if self.window < 2:
            raise ValueError("window has to be 2 or more")

    @hookimpl
    def after_tool(self, turn: Turn, call: ToolCall) -> AfterTool | None:
        """Name the newest call if the last ones equal it; what waits for something may repeat."""
        last = turn.recent[-self.window :]
        if len(last) < self.window or digest_call(call) != last[-1].call:
            return None
        if any(one.waiting or (one.call, one.result) != (last[-1].call, last[-1].result) for one in last):
            return None
        if last[0].era != last[-1].era:  # a compaction took away what the earlier call returned
            return None
        count = 0
        for one in reversed(turn.recent):
            if (one.call, one.result) != (last[-1].call, last[-1].result):
                break
            count += 1
        return AfterTool(Injection(TEXT.format(call=_say_call(call), count=count)))


def _say_call(call: ToolCall) -> str:
    arguments = call.raw or json.dumps(dict(call.arguments), ensure_ascii=False, default=str)
    return f"{call.name} {arguments if len(arguments) <= LONGEST else arguments[:LONGEST] + '…'}"
