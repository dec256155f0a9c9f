"""A scripted model on loopback in a process of its own: prints its address, serves until its input ends."""

import sys

from aura.demo.server import Server
from aura.models.script import Call, Reply, Script
from aura.models.scripted import ScriptedModel


def make_steps(steps: int) -> Script:
    """A run of so many steps, each one shell command, then an answer."""
    replies = [Reply(say=f"Step {n}.", calls=(Call("Bash", {"command": f"echo {n}"}),)) for n in range(steps)]
    return Script("bench-steps", (*replies, Reply(say="All done.")))


def make_words(tokens: int) -> Script:
    """One reply of so many tokens, one a chunk."""
    text = "".join(f"{n % 10_000:04} " for n in range(tokens))  # litellm gives up on a chunk that repeats
    return Script("bench-words", (Reply(say=text),), piece=5)


def main(kind: str, size: int) -> None:
    """Serve the script until standard input ends."""
    script = make_steps(size) if kind == "steps" else make_words(size)
    server = Server(ScriptedModel(script)).start()
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
