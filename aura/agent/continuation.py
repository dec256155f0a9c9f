"""What aura itself says to the model between steps: never a blind "continue"."""

from aura.core.limits import standings, tell_amount
from aura.core.todos import render_todos
from aura.core.turn import Turn

WRAP_UP = """\
[aura] {detail}. This is the last step and tools are off. Write for the person: what was done and how you know, \
what is left, and what to do next. Do not claim what was not verified."""

CUT_SHORT = (
    "[aura] Your reply reached the output limit and was cut. Go on from where it stopped, in smaller parts."
)

NEARLY_SPENT = (
    "[aura] {limits} is used. Plan the rest: finish what matters most, keep the todo list true, and leave the work in "
    "a state that somebody else can go on from."
)

EMPTY = "[aura] Your reply was empty. Go on with the task, or say what you need."


def continue_text(turn: Turn) -> str:
    """A prompt to go on, built from the open todos, the failed checks and what is left of the limits."""
    if turn.pace.empties:
        return EMPTY
    lines = ["[aura] The work is not finished."]
    if turn.open_todos:
        lines += ["Open todos:", render_todos(turn.open_todos)]
    newest = {check.run.command: check for check in turn.ledger.checks}
    lines += [
        f"Failing check: `{command}` ({_say_exit(check.run.exit_code)})"
        for command, check in newest.items()
        if command in turn.switches.checks and not check.passed
    ]
    if turn.switches.done_required and not turn.open_todos:
        lines.append("Verify the work and call Done with a summary; text alone does not end it.")
    steps, seconds = (
        (0, 0.0) if turn.stop is not None else (turn.steps, turn.pace.seconds)
    )  # the next one is fresh
    left = [
        f"{standing.name} {tell_amount(standing.name, standing.limit - standing.used)}"
        for standing in standings(turn.limits, turn.window, steps=steps, turn_seconds=seconds)
    ]
    if left:
        lines.append(f"Left: {', '.join(left)}.")
    lines.append(
        "Take the next step now, or mark what cannot be done as blocked or cancelled with the reason."
    )
    return "\n".join(lines)


def _say_exit(code: int | None) -> str:
    return "it did not end in time" if code is None else f"exit code {code}"
