"""A picture of the fan-out rows: server CPU per delivered message, as horizontal bars."""

from __future__ import annotations

from html import escape
from pathlib import Path

from benchmarks.record import Book
from benchmarks.report import number

ROWS = ("fanout-ws", "fanout-sse", "burst")
WIDTH, LABEL, BAR, GAP, HEAD = 720, 190, 20, 6, 34
_STYLE = """\
  <style>
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .head { font-weight: 600 }
    .ours { fill: #b42318 } .floor { fill: #8c959f } .peer { fill: #9ec5e8 }
    .whisker { stroke: #57606a; stroke-width: 1.5 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .ours { fill: #f97066 } .floor { fill: #6e7681 }
      .peer { fill: #39658f } .whisker { stroke: #adbac7 }
    }
  </style>"""


def svg(book: Book) -> str:
    """Return the picture; each row has a scale of its own. Whiskers: least and most."""
    out: list[str] = []
    y = 0
    for name in ROWS:
        record = book.records.get(name)
        if record is None or not record.entries:
            continue
        y += HEAD
        heading = f"{record.title}: {record.unit}"
        out.append(f'  <text class="head" x="0" y="{y - 10}">{escape(heading)}</text>')
        scale = (WIDTH - LABEL - 60) / max(entry.value.most for entry in record.entries)
        for entry in record.entries:
            kind = {record.subject: "ours", "floor": "floor"}.get(entry.name, "peer")
            value, middle = entry.value, y + BAR / 2
            left, right = LABEL + value.least * scale, LABEL + value.most * scale
            out += [
                f'  <text x="{LABEL - 8}" y="{y + 15}" text-anchor="end">{entry.title}</text>',
                f'  <rect class="{kind}" x="{LABEL}" y="{y}" width="{value.median * scale:.1f}" '
                f'height="{BAR}" rx="2"/>',
                f'  <path class="whisker" d="M{left:.1f} {middle}H{right:.1f}"/>',
                f'  <text x="{right + 8:.1f}" y="{y + 15}">{number(value.median)}</text>',
            ]
            y += BAR + GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 4}" role="img">'
    title = "  <title>Server CPU per delivered message, Ticker and its peers</title>"
    return "\n".join([head, title, _STYLE, *out, "</svg>", ""])


def write(path: Path, book: Book) -> None:
    """Put the picture there."""
    path.write_text(svg(book))
