"""Results as text for the terminal and as tables of ``docs/benchmarks.md``."""

from __future__ import annotations

from benchmarks.runs import Result, Spread


def number(value: float) -> str:
    """Return ``value`` with three digits that mean something."""
    if value == 0:
        return "0"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(found: Spread | None) -> str:
    """Return the median, and from where to where."""
    if found is None:
        return "–"
    if found.least == found.most:
        return number(found.median)
    return f"{number(found.median)} ({number(found.least)}–{number(found.most)})"


def header(result: Result) -> list[str]:
    """Return the column heads of a row's table."""
    return ["", result.row.unit, *(f"× {base}" for base in _bases(result))]


def lines(result: Result) -> list[list[str]]:
    """Return the cells of a row's table, one line a contender, the cheapest first."""
    names = [name for name in result.samples if result.value(name) is not None]

    def median(name: str) -> float:
        found = result.value(name)
        return found.median if found else 0.0

    return [
        [
            result.titles[name] + (" ⚠" if result.warnings(name) else ""),
            spread(result.value(name)),
            *(spread(result.ratio(name, base)) for base in _bases(result)),
        ]
        for name in sorted(names, key=median)
    ]


def text(result: Result) -> str:
    """Return a table for the terminal."""
    rows = [header(result), *lines(result)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    out = [f"{result.row.name}: {result.row.title}. Bar: {result.row.bar}"]
    for row in rows:
        out.append(
            "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        )
    out += [f"  {name}: skipped: {why}" for name, why in result.missing.items()]
    out += [f"  FAILED {failure.splitlines()[0]}" for failure in result.failures]
    for name in result.samples:
        out += [f"  ! {name}: {warning}" for warning in result.warnings(name)]
    return "\n".join(out)


def _bases(result: Result) -> list[str]:
    return [base for base in result.row.bases if result.value(base) is not None]
