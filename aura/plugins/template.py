"""The plugin that `aura plugins new` writes: an injector that works, with a test that passes."""

from collections.abc import Mapping

PYTHON_MANIFEST = """\
description: Reminds of a rule of this project every so many steps.
# condition: auto and todo_pending   # when it may speak at all
# once: true                         # only once a session
# order: 100                         # smaller numbers are asked first
config:
  interval: 10 # steps
"""

PYTHON_CODE = '''\
"""{name}: reminds of a rule of this project every `interval` steps."""

from dataclasses import dataclass

from aura.api import BeforeChat, Injection, Turn, hookimpl


@dataclass
class Plugin:
    """The fields are the settings of the plugin; `plugin.yaml` and the user's settings fill them."""

    interval: int = 10
    rule: str = "Run the tests before you go on."

    @hookimpl
    def before_chat(self, turn: Turn) -> BeforeChat | None:
        """Called before each model call; None keeps quiet."""
        if not turn.steps or turn.steps % self.interval:
            return None
        return BeforeChat(Injection(f"{{turn.steps}} steps so far. {{self.rule}}"))
'''

PYTHON_TEST = """\
from pathlib import Path

from aura.api import Trial

FOLDER = Path(__file__).parent


def test_it_speaks_every_so_many_steps() -> None:
    trial = Trial(FOLDER, interval=3).prompt()
    assert "3 steps so far." in trial.steps(3).before_chat()
    assert "6 steps so far." in trial.steps(3).before_chat()


def test_it_keeps_quiet_in_between() -> None:
    trial = Trial(FOLDER, interval=3).prompt()
    assert trial.before_chat() == ""
    assert trial.steps(2).before_chat() == ""
"""

YAML_MANIFEST = """\
description: Asks once for a short report when a turn has taken many steps.
when: before_chat            # or after_response, after_tool
condition: steps_gt:9        # see the list of terms in the guide
once: true                   # only once a session
message: |
  This turn has taken {step} steps. Say in two sentences where you stand, then go on.
"""

YAML_TEST = """\
from pathlib import Path

from aura.api import Trial

FOLDER = Path(__file__).parent


def test_it_speaks_when_its_condition_holds() -> None:
    trial = Trial(FOLDER).prompt().steps(10)
    assert "This turn has taken 10 steps." in trial.before_chat()


def test_it_keeps_quiet_before_and_after() -> None:
    trial = Trial(FOLDER).prompt().steps(9)
    assert trial.before_chat() == ""
    assert trial.steps(1).before_chat() != ""
    assert trial.steps(1).before_chat() == ""
"""


def make_template(name: str, *, with_python: bool) -> Mapping[str, str]:
    """The files of a new plugin by name."""
    test = f"test_{name.replace('-', '_')}.py"
    if not with_python:
        return {"plugin.yaml": YAML_MANIFEST, test: YAML_TEST}
    return {"plugin.yaml": PYTHON_MANIFEST, "plugin.py": PYTHON_CODE.format(name=name), test: PYTHON_TEST}
