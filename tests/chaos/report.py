"""Tell a verdict: as text for a terminal, and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tests.chaos.checker import Verdict
from tests.chaos.failover_times import PUBLISH_SECONDS, SCREENS_SECONDS
from tests.chaos.records import Injected

COUNTS = (
    *("published", "acknowledged", "retracted", "lost", "lost_by_failover", "doubled_items"),
    *("events", "missed", "doubled", "out_of_order", "withdrawn_shown", "ghosts"),
)


def as_json(verdict: Verdict, **run: Any) -> dict[str, Any]:
    """Return the verdict as plain data; ``run`` says how it was made (seed, seconds, store)."""
    return {
        **run,
        "kept": verdict.kept,
        **{name: getattr(verdict, name) for name in COUNTS},
        "resets": dict(verdict.resets),
        # asdict makes a Counter of pairs of a Counter.
        "faults": [asdict(one) | {"refusals": dict(one.refusals)} for one in verdict.faults],
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
        line = f"{fault.name:<28} {fault.began:>7.1f} {lasted:>6.2f} {after:>7}"
        told = [f"{count} {problem}" for problem, count in sorted(fault.refusals.items())]
        lines.append("  ".join([line, *_failover(fault), ", ".join(told)]).rstrip())
    lines += ["", *verdict.breaches]
    lines.append("Every promise was kept." if verdict.kept else "PROMISES WERE BROKEN.")
    return "\n".join(lines)


def _failover(fault: Injected) -> list[str]:
    """Return the times of a failover, each with the limit if it is over it."""
    if fault.decided is None:
        return []

    def told(what: str, seconds: float | None, limit: float) -> str:
        if seconds is None:
            return f"{what} never"
        return f"{what} {seconds:.2f}" + (f" (over {limit:.0f} s)" if seconds > limit else "")

    return [
        f"decided {fault.decided - fault.began:.2f}",
        told("publish", fault.to_publish, PUBLISH_SECONDS),
        told("screens", fault.to_screens, SCREENS_SECONDS),
    ]
