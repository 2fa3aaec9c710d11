"""Curves of latencies as inline SVG: the share of deliveries by the time they took. Pure.

Time is on a logarithmic axis, because times span microseconds to seconds. Colours are custom
properties of the page, and each curve has its own dash, so it can be read without colour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ticker.bench.latencies import Latencies
from ticker.bench.summary import duration

WIDTH, HEIGHT = 920, 380
LEFT, RIGHT, TOP, BOTTOM = 72, 40, 20, 44
DASHES = ("", "7 4", "2 4", "10 3 2 3", "1 3")
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
POINTS = 400
"""Most points of a curve; a screen cannot show more."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve and its name in the key."""

    name: str
    latencies: Latencies


def chart(curves: Sequence[Curve], label: str) -> str:
    """Return an ``<svg>`` with its key, or nothing if there is nothing to draw."""
    curves = [curve for curve in curves if curve.latencies.count]
    if not curves:
        return ""
    scale = _Scale(
        min(curve.latencies.shortest for curve in curves),
        max(curve.latencies.longest for curve in curves),
    )
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label, quote=True)}">'
    ]
    parts += _axes(scale)
    for number, curve in enumerate(curves):
        parts.append(_path(curve, scale, number))
    parts.append("</svg>")
    return "".join(parts) + _key(curves)


class _Scale:
    """Seconds and shares to places in the picture."""

    def __init__(self, shortest: float, longest: float) -> None:
        ticks = _ticks(max(shortest, 1e-6), max(longest, 2e-6))
        self.ticks = ticks
        self._low, self._high = math.log(ticks[0]), math.log(ticks[-1])

    def x(self, seconds: float) -> float:
        at = (math.log(max(seconds, 1e-6)) - self._low) / (self._high - self._low)
        return LEFT + min(max(at, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)

    def y(self, share: float) -> float:
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)


def _ticks(shortest: float, longest: float) -> list[float]:
    """Return 1, 2 and 5 of each decade, from at or below the one to at or above the other."""
    first, last = math.floor(math.log10(shortest)), math.ceil(math.log10(longest))
    every = [step * 10.0**power for power in range(first, last + 1) for step in (1, 2, 5)]
    begin = max(i for i, tick in enumerate(every) if tick <= shortest * 1.000001)
    end = min(i for i, tick in enumerate(every) if tick >= longest)
    if end - begin < 2:  # nearly all the same: some room on the right
        end = min(begin + 2, len(every) - 1)
    return every[begin : end + 1]


def _axes(scale: _Scale) -> list[str]:
    parts = []
    few, crowded = len(scale.ticks) <= 5, len(scale.ticks) > 12
    for tick in scale.ticks:
        x, bottom = scale.x(tick), HEIGHT - BOTTOM
        whole = math.isclose(10 ** round(math.log10(tick)), tick)
        parts.append(f'<path class="grid" d="M{x:.1f} {TOP}V{bottom}"/>')
        if whole or not crowded:
            # On a phone there is room for the decades alone.
            minor = "" if whole or few else ' class="minor"'
            at = f'x="{x:.1f}" y="{bottom + 28}" text-anchor="middle"'
            parts.append(f"<text{minor} {at}>{_short(tick)}</text>")
    for share in SHARES:
        y = scale.y(share)
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>')
    return parts


def _path(curve: Curve, scale: _Scale, number: int) -> str:
    """Return a curve as steps: what share had arrived at each moment."""
    points = curve.latencies.cdf()
    if len(points) > POINTS:
        step = len(points) / POINTS
        points = [points[int(i * step)] for i in range(POINTS)] + [points[-1]]
    x = scale.x(curve.latencies.shortest)
    path = [f"M{x:.1f} {scale.y(0):.1f}"]
    for seconds, share in points:
        path.append(f"H{scale.x(seconds):.1f}V{scale.y(share):.1f}")
    path.append(f"H{scale.x(curve.latencies.longest):.1f}")
    dash = f' stroke-dasharray="{DASHES[number % len(DASHES)]}"' if DASHES[number % 5] else ""
    end = f'<circle class="c{number % 5}" r="4" cx="{scale.x(curve.latencies.longest):.1f}" '
    return (
        f'<path class="curve c{number % 5}"{dash} d="{"".join(path)}">'
        f"<title>{escape(curve.name)}</title></path>{end}"
        f'cy="{scale.y(1):.1f}"/>'
    )


def _key(curves: Sequence[Curve]) -> str:
    """Return the key: each curve's stroke, name and percentiles."""
    entries = []
    for number, curve in enumerate(curves):
        figures = curve.latencies.summary()
        assert figures is not None
        dash = DASHES[number % len(DASHES)]
        stroke = f' stroke-dasharray="{dash}"' if dash else ""
        entries.append(
            f'<li><svg viewBox="0 0 34 10" aria-hidden="true"><path class="curve c{number % 5}"'
            f'{stroke} d="M0 5H34"/></svg><b>{escape(curve.name)}</b> '
            f"<span>p50 {duration(figures.p50)} · p99 {duration(figures.p99)}</span></li>"
        )
    return f'<ul class="key">{"".join(entries)}</ul>'


def _short(seconds: float) -> str:
    """Return a tick's name."""
    if seconds >= 0.9995:
        return f"{seconds:g} s"
    if seconds >= 0.0009995:
        return f"{seconds * 1e3:g} ms"
    return f"{seconds * 1e6:.3g} µs"
