"""Records of measured rows in ``docs/internals/benchmarks.json``: medians and spreads.

A later run of some rows replaces those and leaves the others.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.runs import Result, Spread


@dataclass(frozen=True, slots=True)
class Entry:
    """One contender: its figure, how many times each base that is, and what else was seen."""

    name: str
    title: str
    value: Spread
    ratios: dict[str, Spread]
    notes: dict[str, float | str]
    doubtful: int
    """In how many rounds something was odd, a busy core for example."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row. ``verdicts`` are its bars as text, and whether they were reached."""

    name: str
    title: str
    unit: str
    subject: str
    rounds: int
    measured: str
    command: str
    entries: list[Entry]
    verdicts: list[tuple[str, bool | None]]
    missing: dict[str, str]
    failures: int


def record(result: Result, rounds: int, measured: str, command: str) -> Record:
    """Return what is kept of ``result``; the cheapest contender comes first."""
    row = result.row
    entries = []
    for name, title in result.titles.items():
        value = result.value(name)
        if value is not None:
            found = {base: result.ratio(name, base) for base in row.bases}
            ratios = {base: ratio for base, ratio in found.items() if ratio is not None}
            doubtful = len(result.warnings(name))
            entries.append(Entry(name, title, value, ratios, result.notes(name), doubtful))
    entries.sort(key=lambda entry: entry.value.median)
    verdicts = []
    for bar in row.bars:
        spread = (
            result.value(row.subject) if bar.base is None else result.ratio(row.subject, bar.base)
        )
        reached = None if spread is None else spread.median <= bar.most
        verdicts.append((bar.text(row.unit), reached))
    return Record(
        row.name,
        row.title,
        row.unit,
        row.subject,
        rounds,
        measured,
        command,
        entries,
        verdicts,
        result.missing,
        len(result.failures),
    )


@dataclass(slots=True)
class Book:
    """All rows measured so far, by name, and on what."""

    machine: str
    versions: dict[str, str]
    records: dict[str, Record]

    @classmethod
    def read(cls, path: Path) -> Book:
        """Return the book in ``path``; an empty one if there is none."""
        if not path.exists():
            return cls("", {}, {})
        data = json.loads(path.read_text())
        rows = {name: _record(row) for name, row in data["records"].items()}
        return cls(data["machine"], data["versions"], rows)

    def write(self, path: Path) -> None:
        """Put it there."""
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")


def _record(data: dict[str, Any]) -> Record:
    entries = [
        Entry(
            **{
                **entry,
                "value": Spread(**entry["value"]),
                "ratios": {base: Spread(**one) for base, one in entry["ratios"].items()},
            }
        )
        for entry in data["entries"]
    ]
    verdicts = [(text, reached) for text, reached in data["verdicts"]]
    return Record(**{**data, "entries": entries, "verdicts": verdicts})
