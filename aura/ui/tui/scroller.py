"""Scrolling by hand: the wheel, the scrollbar, pages; all of it at once, without animation."""

from textual import events
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollDown, ScrollTo, ScrollUp

WHEEL = 3  # lines


class Scroller(ScrollView):
    """A view that scrolls by `go_to` and `scroll_lines` only, whoever asks for it."""

    def go_to(self, top: int) -> None:
        """Scroll so that a line is the first visible one."""
        raise NotImplementedError

    def scroll_lines(self, lines: int) -> None:
        """Scroll down by some lines (up, if negative)."""
        raise NotImplementedError

    def action_page_up(self) -> None:
        """A page up."""
        self.scroll_lines(1 - self.size.height)

    def action_page_down(self) -> None:
        """A page down."""
        self.scroll_lines(self.size.height - 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel."""
        event.prevent_default().stop()
        self.scroll_lines(-WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel."""
        event.prevent_default().stop()
        self.scroll_lines(WHEEL)

    def on_scroll_to(self, event: ScrollTo) -> None:
        """The scrollbar is dragged."""
        event.prevent_default().stop()
        if event.y is not None:
            self.go_to(round(event.y))

    def on_scroll_up(self, event: ScrollUp) -> None:
        """A click above the scrollbar's handle."""
        event.prevent_default().stop()
        self.action_page_up()

    def on_scroll_down(self, event: ScrollDown) -> None:
        """A click below the scrollbar's handle."""
        event.prevent_default().stop()
        self.action_page_down()
