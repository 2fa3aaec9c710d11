"""Records as text for the terminal and as ``docs/internals/benchmarks.md``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from benchmarks import rows
from benchmarks.record import Book, Entry, Record
from benchmarks.runs import Spread

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
_REACHED = {True: "reached", False: "**missed**", None: "–"}


def number(value: float) -> str:
    """Return ``value`` with three digits that mean something."""
    if value == 0:
        return "0"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(found: Spread | None) -> str:
    """Return the median, and from where to where."""
    if found is None:
        return "–"
    if number(found.least) == number(found.most):
        return number(found.median)
    return f"{number(found.median)} ({number(found.least)}–{number(found.most)})"


def text(record: Record) -> str:
    """Return one row's table for the terminal."""
    table = [_header(record), *(_cells(record, entry) for entry in record.entries)]
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    out = ["", f"{record.name}: {record.title}"]
    for line in table:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        out.append("  " + "  ".join(cells).rstrip())
    for bar, reached in record.verdicts:
        out.append(f"  bar {bar}: {_REACHED[reached].strip('*')}")
    out += [f"  {name} is skipped: {why}" for name, why in record.missing.items()]
    if record.failures:
        out.append(f"  {record.failures} runs FAILED, see above")
    return "\n".join(out)


def page(book: Book) -> str:
    """Return the measured part of the page."""
    records = [book.records[row.name] for row in rows.ALL if row.name in book.records]
    versions = ", ".join(f"{name} {version}" for name, version in book.versions.items())
    summary = [["", "median", "bar", ""]]
    for record in records:
        ours = next((entry for entry in record.entries if entry.name == record.subject), None)
        for number_, (bar, reached) in enumerate(record.verdicts):
            figure = _against(ours, bar, record.unit)
            summary.append([record.title if not number_ else "", figure, bar, _REACHED[reached]])
    parts = [
        f"Machine: {book.machine}. Versions: {versions}.",
        "![Server CPU per delivered message](benchmarks.svg)",
        _markdown(summary),
        *(_section(record) for record in records),
    ]
    return "\n\n".join(parts)


def write(path: Path, book: Book) -> None:
    """Put the measured part of ``book`` between the marks in ``path``; the rest stays."""
    before, _, rest = path.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n{page(book)}\n{END}{after}")


def _against(entry: Entry | None, bar: str, unit: str) -> str:
    if entry is None:
        return "–"
    for base, ratio in entry.ratios.items():
        if bar.endswith(f"× {base}"):
            return f"{spread(ratio)} × {base}"
    return f"{spread(entry.value)} {unit}"


def _section(record: Record) -> str:
    table = [_header(record), *(_cells(record, entry) for entry in record.entries)]
    parts = [f"### {record.name}: {record.title}", _markdown(table)]
    notes = [
        f"{entry.title}: {', '.join(f'{name} {value}' for name, value in entry.notes.items())}"
        for entry in record.entries
        if entry.name == record.subject and entry.notes
    ]
    notes += [f"{name} is missing: {why}" for name, why in record.missing.items()]
    if any(entry.doubtful for entry in record.entries):
        notes.append("⚠: in some rounds the load's core was over 80 % busy, with other work too")
    notes.append(f"{record.measured}, {record.rounds} rounds: `{record.command}`")
    parts.append(". ".join(notes) + ".")
    return "\n\n".join(parts)


def _header(record: Record) -> list[str]:
    return ["", record.unit, *(f"× {base}" for base in _bases(record))]


def _cells(record: Record, entry: Entry) -> list[str]:
    mark = f" ⚠{entry.doubtful}" if entry.doubtful else ""
    ratios = (spread(entry.ratios.get(base)) for base in _bases(record))
    return [entry.title + mark, spread(entry.value), *ratios]


def _bases(record: Record) -> list[str]:
    return list(dict.fromkeys(base for entry in record.entries for base in entry.ratios))


def _markdown(table: Iterable[list[str]]) -> str:
    head, *body = table
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
