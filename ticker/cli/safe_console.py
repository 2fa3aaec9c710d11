"""A console that prints no control character but its own.

Everything that a command prints for people goes through it. Styles are applied after the text has
been made printable, so the only escape sequences are those of the styles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from ticker.domain.terminal_text import printable


class SafeConsole(Console):
    """Console for one output. Writing raises what the stream raises."""

    def __init__(self, isolates: Callable[[], bool], **options: Any) -> None:
        """``isolates`` tells whether this program adds bidi isolates to what it prints here."""
        super().__init__(highlight=False, markup=False, emoji=False, **options)
        self._isolates = isolates

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield the segments of ``renderable`` with printable text."""
        for segment in super().render(renderable, options):
            if segment.control:  # cursor movements of progress bars
                yield segment
            else:
                text = printable(segment.text, isolates=self._isolates())
                yield segment if text == segment.text else Segment(text, segment.style)
