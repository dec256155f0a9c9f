"""aura answer: answer what a run asks."""

import re

import click

from aura.cli.take_over import take_over_option

QUESTION = re.compile(r"q\d+(-\d+)?")


@click.command("answer")
@click.argument("run", metavar="RUN")
@click.argument("text", nargs=-1, required=True, metavar="[QUESTION] TEXT")
@take_over_option
def command(*, run: str, text: tuple[str, ...], take_over: bool) -> None:
    """Answer the question that RUN asks; QUESTION (as q3-1) names it where several are open.

    An option is chosen by its number or its words. A run that rests because it needs to know something goes on with
    the answer. RUN is the beginning of the name of a session, wherever it was begun, or `last`.
    """
    from aura.cli.ordering import give, go_on, locate
    from aura.runs.orders import Wanted

    folder = locate(run)
    is_named = len(text) > 1 and QUESTION.fullmatch(text[0]) is not None
    question, words = (text[0], text[1:]) if is_named else ("", text)
    sent = give(folder, Wanted("answer", text=" ".join(words), question=question), take_over=take_over)
    go_on(folder, sent)
