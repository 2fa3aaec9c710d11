"""Rows of a list: a table with heads on a terminal, and values between tabs in a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ticker.cli import bidi

if TYPE_CHECKING:
    from ticker.cli.output import Output

GAP = 2
"""Columns of the terminal between two of the table."""
NARROWEST = 14
"""Cells of a column that is narrower than its values. With less room, a row has several lines."""


def print_rows(
    out: Output,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    styles: Sequence[str] = (),
) -> None:
    """Print ``rows``, whose values have the names ``heads``. Without rows, print nothing.

    ``styles``: one for each row. A table has no column without values, and a terminal that is too
    narrow for a table gets a block of lines for each row. A pipe gets all values.
    """
    if not out.tty:
        for row in rows:
            out.row(*row)
        return
    if not rows:
        return
    styles = styles or [""] * len(rows)
    filled = [n for n in range(len(heads)) if n == 0 or any(row[n] for row in rows)]
    heads, rows = _only(filled, heads), [_only(filled, row) for row in rows]
    room = out.console.width - GAP * (len(heads) - 1)
    fitted = widths([_cells(column) for column in zip(heads, *rows, strict=True)], room)
    if fitted is None:
        for row, style in zip(rows, styles, strict=True):
            _block(out, heads, row, style)
        return
    _print(out, heads, fitted, "dim")
    for row, style in zip(rows, styles, strict=True):
        _print(out, row, fitted, style)


def widths(wanted: Sequence[int], room: int) -> list[int] | None:
    """Return the widths of columns that would like ``wanted`` cells and have ``room`` together.

    The widest ones give way. None if they are too many.
    """
    least = [min(NARROWEST, width) for width in wanted]
    if sum(least) > room:
        return None
    found = list(wanted)
    while (over := sum(found) - room) > 0:
        widest = max(range(len(found)), key=lambda n: found[n] - least[n])
        next_widest = sorted(found)[-2] if len(found) > 1 else 0
        step = max(1, min(over, found[widest] - max(next_widest, least[widest])))
        found[widest] -= step
    return found


def _only(numbers: Sequence[int], values: Sequence[str]) -> list[str]:
    return [values[number] for number in numbers]


def _cells(column: Sequence[str]) -> int:
    from rich.cells import cell_len

    from ticker.domain.terminal_text import inline

    return max(1, *(cell_len(inline(value)) for value in column))


def _print(out: Output, row: Sequence[str], fitted: Sequence[int], style: str | None) -> None:
    """Print a row; a value that is too long for its column goes on below itself."""
    from rich.cells import cell_len

    cells = [bidi.lines(value, width, out.bidi) for value, width in zip(row, fitted, strict=True)]
    for number in range(max(map(len, cells))):
        line = ""
        for lines, width in zip(cells, fitted, strict=True):
            text = lines[number] if number < len(lines) else ""
            line += text + " " * (max(0, width - cell_len(text)) + GAP)
        out.say(line.rstrip(), style or None)


def _block(out: Output, heads: Sequence[str], row: Sequence[str], style: str) -> None:
    first, *rest = row
    out.labelled("", first, style or "bold")
    label = max(map(len, heads[1:]), default=0) + GAP
    for head, value in zip(heads[1:], rest, strict=True):
        if value:
            out.labelled(f"  {head:<{label}}", value)
