"""Faults of terminals: windows that change without end, that nobody reads; and settings that change meanwhile."""

import time

from tests.e2e.conftest import call, done
from tests.e2e.engines import wait_until
from tests.e2e.windows import PATIENCE, READY, held, leave, make_room
from tests.faults.scene import Fault, Scene

SIZES = ((1, 1), (1000, 3), (3, 300), (80, 24), (20, 5), (500, 200), (120, 1), (2, 60))
FLOOD = "for n in $(seq 1 4000); do echo line $n of a long answer; done; touch flooded"
TYPED = "half a sentence"


def change_size_without_end(scene: Scene) -> None:
    """Forty sizes in a row, one of which is a single cell, while words stream in and somebody has typed."""
    chance = scene.random
    with make_room() as room:
        room.plays({"say": "A word and another. " * 400}, piece=20, delay=0.004)
        window = room.open()
        window.send("tell me", "enter")
        window.wait_for("A word", PATIENCE)
        window.send(TYPED)
        for _ in range(40):
            window.resize(*chance.choice(SIZES))
            time.sleep(chance.uniform(0.0, 0.03))
        window.resize(120, 40)
        scene.facts["shown"] = held(window, [TYPED, "another."])
        wait_until(lambda: "turn_stopped" in room.log(), "the end of the reply")
        window.send("ctrl+u")
        held(window, [READY])
        scene.facts["code"] = leave(window)
        scene.facts["found"] = window.is_as_found
        room.until_alone()


def keeps_what_was_typed(scene: Scene) -> None:
    """The picture is whole again, with the draft in it, and the terminal is given back."""
    assert TYPED in scene.facts["shown"]
    assert scene.facts["code"] == 0
    assert scene.facts["found"]


def read_nothing(scene: Scene) -> None:
    """A window whose output nobody takes while a command prints 4,000 lines."""
    with make_room() as room:
        room.plays({"say": "I see."})
        window = room.open()
        with window._lock:  # its reader stands still: the terminal's buffer fills
            window.send(f"!{FLOOD}", "enter")
            wait_until((room.workspace / "flooded").exists, "the command ends although nobody reads")
        held(window, ["line 4000 of a long answer", READY])
        scene.facts["code"] = leave(window)
        room.until_alone()


def works_on(scene: Scene) -> None:
    """The work did not wait for the screen, and the screen was right in the end."""
    assert scene.facts["code"] == 0


def kill_the_interface(scene: Scene) -> None:
    """SIGKILL of what draws on the terminal, full screen and in lines; nothing of its own can run any more."""
    with make_room() as room:
        room.plays({"say": "Hello."})
        for flags, ready in (((), READY), (("--plain",), "aura>")):
            window = room.open(*flags, ready=ready)
            window.send(TYPED)
            window.wait_for(TYPED, PATIENCE)
            window.process.kill()
            window.wait(PATIENCE)
            wait_until(lambda: window.is_as_found, f"{flags}: {window.describe()}")  # noqa: B023
        room.until_alone()


def spoil_settings(scene: Scene) -> None:
    """The settings become unreadable while a session runs; then another one is begun with them."""
    program = scene.program
    folder = program.home / "aura" / "config"
    replies = [
        {"call": [call("Bash", command="touch one")]},
        {"call": [call("Bash", command="echo two; sleep 1")]},
        done("Twice."),
    ]
    program._write_settings()
    path = folder / "config.yaml"
    before = path.read_text(encoding="utf-8")
    process = program.start("run", "--auto", "--model", program.script(replies), "do it")
    wait_until((program.workspace / "one").exists, "the first command ran")
    path.write_text("auto: [broken\n", encoding="utf-8")
    out, err = process.communicate(timeout=60)
    scene.facts |= {"code": process.returncode, "told": out + err}
    settings, program.settings = program.settings, {}
    scene.run("run", "--model", program.script(replies, "again.yaml"), "again")
    program.settings = settings
    assert path.read_text(encoding="utf-8") != before


def names_the_line(scene: Scene) -> None:
    """What runs keeps its settings; what begins says which file and line is wrong, and does nothing."""
    assert scene.facts["code"] == 0, scene.facts
    assert scene.last.code == 2
    assert "config.yaml:2: this is not YAML" in scene.last.err


FAULTS: tuple[Fault, ...] = (
    Fault(
        "S21",
        "the settings become invalid while a session runs",
        "the file is overwritten with broken YAML between two commands",
        "the session keeps what it has; the next one ends with code 2 and names the file and the line",
        spoil_settings,
        (names_the_line,),
    ),
    Fault(
        "T03b",
        "the interface is killed",
        "SIGKILL while it has the terminal, full screen and in lines",
        "a shell that stood by gives the terminal back: modes, mouse, title, line editing",
        kill_the_interface,
        (),
        is_slow=True,
    ),
    Fault(
        "T05",
        "sizes change without end",
        "forty sizes in a row, from a single cell to 1,000 columns, while words stream in",
        "no crash, nothing typed is lost, the picture is whole afterwards",
        change_size_without_end,
        (keeps_what_was_typed,),
        seeds=(1, 2),
        is_slow=True,
    ),
    Fault(
        "T07",
        "a terminal that nobody reads",
        "its output is not taken while a command prints 4,000 lines",
        "the work goes on, the screen is right once it is read again",
        read_nothing,
        (works_on,),
        is_slow=True,
    ),
)
