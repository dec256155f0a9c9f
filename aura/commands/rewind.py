"""/rewind: go back to an earlier place of the session."""

from aura.commands.define import Command, CommandContext, split_verb
from aura.core.errors import AuraError
from aura.runs.points import tell_points

USAGE = "/rewind [PLACE [files|both]]"


async def run(context: CommandContext, rest: str) -> None:
    """Without a place: list those there are. With one: the conversation (or the files, or both) is as it was there."""
    place, more = split_verb(rest)
    if not place:
        context.say("\n".join(tell_points(await context.rewinding.points())))
        return
    if not place.isdecimal() or more not in ("", "files", "both"):
        raise AuraError(f"A place is the number of an event; /rewind lists them. Usage: {USAGE}")
    prompt = await context.rewinding.rewind(int(place), files=bool(more), conversation=more != "files")
    if more == "files":
        context.say(f"The files are as they were after event {place}, but for those that you changed since.")
        return
    said = f"What you said there, to be said anew:\n{prompt}" if prompt else "Say what is to be done now."
    context.say(f"The conversation is as it was after event {place}. {said}")


command = Command("rewind", "Go back to an earlier place of the conversation.", USAGE, run)
