"""What to do instead of a command that is refused, told from the reason."""

import re

USUAL = "Leave this to a person, or reach the goal another way."
ROWS = (
    (
        r"credentials|secrets|password|keys",
        "Work with an example file or with the names of the variables alone, and let a person supply the values.",
    ),
    (
        r"runs what it downloads|program of what it downloads|cloud for credentials",
        "Download it to a file in the workspace, read it, and let a person decide whether it runs.",
    ),
    (r"made unreadable", "Write the command in plain words, so that it can be read before it runs."),
    (
        r"deletes|removes|holds everything|moves files into nothing|empties",
        "Name what is to go, inside the workspace; what a build makes (build, dist, node_modules) may be removed.",
    ),
    (
        r"git remembers|rewrites the whole history|git's own files|run other programs|git throws|hooks of another",
        "Keep the history: commit, or make a branch or a tag first, and leave git's own files as they are.",
    ),
    (r"overwrites or deletes|overwrites every branch", "Push to a branch of your own, without force."),
    (r"aura", "Leave aura's settings, logs and processes to the person; say what you would change and why."),
    (
        r"at the start|start-up|run or read by programs",
        "Set what you need for one command only: `NAME=value command`.",
    ),
    (r"later, outside", "Use a task with a schedule, or the Wait tool, which the person can see and stop."),
    (r"other code|other rights|rights of", "Run the program itself, without what changes what it runs."),
    (
        r"network|reaches|other machines|downloads",
        "Use what is in the workspace or on this machine, or fetch a page.",
    ),
    (
        r"cannot be (told|read)|computed|evaluates|too (long|much)|nested|characters",
        "Write it as plain commands with fixed names, one after the other.",
    ),
    (
        r"outside the workspace|outside of",
        "Work on files inside the workspace, or in the folder for temporary files.",
    ),
    (
        r"what .* does is not known",
        "Use a tool of the project, or write a small script in the workspace and run that.",
    ),
    (r"package|install", "Use what is installed; name the missing package in your answer."),
    (r"throws|deletes|good", "Keep a copy first: `git stash`, a branch, or a move inside the workspace."),
)
COMPILED = tuple((re.compile(pattern), text) for pattern, text in ROWS)


def suggest(reason: str, usual: str = USUAL) -> str:
    """One sentence that says what may be done instead; `usual` when the reason says nothing special."""
    return next((text for pattern, text in COMPILED if pattern.search(reason)), usual)
