"""What the demo tells before it begins."""

from aura.cli.cmd_demo import INTRODUCTION, unwrap


def test_on_a_screen_each_paragraph_is_one_line_that_the_screen_breaks() -> None:
    text = unwrap(INTRODUCTION.format(folder="/tmp/a folder"))
    first, second = text.split("\n\n")
    assert first.startswith(
        "A small Python project with failing tests was copied to /tmp/a folder. aura is going"
    )
    assert "\n" not in first + second
    assert second.endswith("the demo would fail.")
