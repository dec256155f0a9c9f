"""The first frame: drawn by hand, so it is looked at by a terminal."""

import re
from pathlib import Path

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.ui.tui.splash import draw, hide, show


def seen(columns: int, rows: int, *, unicode: bool, workspace: str = "/srv/relay") -> list[str]:
    """What a terminal shows."""
    screen = pyte.Screen(columns, rows)
    pyte.Stream(screen).feed(draw(Path(workspace), (columns, rows), unicode=unicode))
    return [line.rstrip() for line in screen.display]


def test_it_shows_where_it_is_and_a_place_to_type() -> None:
    lines = seen(80, 24, unicode=True)
    assert lines[0] == " ◉ aura  /srv/relay"
    assert lines[20].startswith("╭──") and lines[22].endswith("──╯")


@given(
    columns=st.integers(20, 300), rows=st.integers(6, 100), unicode=st.booleans(), name=st.text(max_size=300)
)
def test_it_fits_any_window_and_brings_nothing_of_a_name_along(
    columns: int, rows: int, unicode: bool, name: str
) -> None:
    text = draw(Path("/srv") / name.replace("\0", ""), (columns, rows), unicode=unicode)
    assert set(re.findall(r"\x1b[^m]*?([A-Za-z])", text)) <= {"h", "J", "H", "m"}
    assert set(re.findall(r"\x1b\[([\d;]*)m", text)) <= {"0", "1", "2"}, "no colours"
    assert max(len(line) for line in seen(columns, rows, unicode=unicode)) <= columns


def test_it_is_ascii_where_signs_cannot_be() -> None:
    assert "".join(seen(80, 24, unicode=False)).isascii()


def test_a_terminal_that_is_gone_is_no_trouble(capfd: pytest.CaptureFixture[str]) -> None:
    show(Path("/srv"), unicode=True, target=987)
    hide(target=987)
    show(Path("/srv"), unicode=True)
    hide()
    said = capfd.readouterr().out
    assert said.startswith("\x1b[?1049h") and said.endswith("\x1b[?1049l")
