"""Tell a verdict: as text for a terminal, and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tests.chaos.checker import Verdict

COUNTS = (
    *("published", "acknowledged", "retracted", "lost", "doubled_items", "events", "missed"),
    *("doubled", "out_of_order", "withdrawn_shown", "ghosts"),
)


def as_json(verdict: Verdict, **run: Any) -> dict[str, Any]:
    """Return the verdict as plain data; ``run`` says how it was made (seed, seconds, store)."""
    return {
        **run,
        "kept": verdict.kept,
        **{name: getattr(verdict, name) for name in COUNTS},
        "resets": dict(verdict.resets),
        "faults": [asdict(fault) for fault in verdict.faults],
        "breaches": verdict.breaches,
    }


def as_text(verdict: Verdict, **run: Any) -> str:
    """Return the verdict as lines for a terminal."""
    lines = ["  ".join(f"{name} {value}" for name, value in run.items()), ""]
    lines += [f"{name.replace('_', ' '):>16}  {getattr(verdict, name):,}" for name in COUNTS]
    resets = ", ".join(f"{count} {name}" for name, count in sorted(verdict.resets.items()))
    lines += [f"{'resets':>16}  {resets or 'none'}", "", "fault at, lasted, recovered after (s)"]
    for fault in verdict.faults:
        recovered = fault.recovered
        after = "never" if recovered is None else f"{max(0.0, recovered - fault.ended):.2f}"
        lasted = fault.ended - fault.began
        lines.append(f"{fault.name:<28} {fault.began:>7.1f} {lasted:>6.2f} {after:>7}")
    lines += ["", *verdict.breaches]
    lines.append("Every promise was kept." if verdict.kept else "PROMISES WERE BROKEN.")
    return "\n".join(lines)
