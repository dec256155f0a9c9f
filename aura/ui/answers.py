"""What waits for a person's answer, and what a line that they typed means as one; shared by every face."""

from collections.abc import Sequence

from aura.app.session import Session
from aura.core.events import QuestionAsked, Recorded
from aura.core.tools import Answer

SKIPPED = Answer(
    "The person skipped the question. Go on with a reasonable assumption and say which.", answered=False
)
TALK = Answer(
    "The person wants to talk about this before deciding. Say what speaks for and against each way, then end your "
    "turn and wait.",
    answered=False,
)


def list_waiting(session: Session, shown: Sequence[Recorded]) -> tuple[Recorded, ...]:
    """What a face that joins a session is told first: what its process has shown, and the questions that wait.

    Where the process tells a question itself, it tells how long that one waits.
    """
    told = {one.event.id for one in shown if isinstance(one.event, QuestionAsked)}
    run = session.turn.run
    is_live = session.is_running or (bool(run.name) and not run.phase.is_final)
    asked = session.turn.rest.pending.questions if is_live else {}
    more = (Recorded(0, 0.0, QuestionAsked(name, one)) for name, one in asked.items() if name not in told)
    return (*shown, *more)
