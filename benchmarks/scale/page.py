"""The tables of docs/scale.md: sizes for numbers of readers, and waves of reconnecting readers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.scale.plan import Demand, Size, size
from benchmarks.scale.unit_costs import ROOT, UnitCosts
from benchmarks.scale.wave import BY_KERNEL, LONGEST, Outcome, Servers, simulate

PAGE = ROOT / "docs" / "scale.md"
BEGIN, END = "<!-- calculated: begin -->", "<!-- calculated: end -->"
SIZES = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
REGIONS = 3


def tables(costs: UnitCosts) -> str:
    """Return the calculated part of the page."""
    return "\n\n".join((_costs(costs), _sizes(costs), _waves(costs)))


def write(text: str, path: Path = PAGE) -> None:
    """Put ``text`` between the page's marks. Raises ValueError without them."""
    before, rest = path.read_text().split(BEGIN)
    _, after = rest.split(END)
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def resumes_per_s(costs: UnitCosts, plan: Size) -> float:
    """Return the connections that a newsroom of this size completes in a second.

    Its proxies and its gateways work side by side; the slower of the two decides.
    """
    proxies = plan.proxy_cores * 1e6 / costs.extra.handshake_us
    gateways = plan.gateways * 1e6 / costs.resume_us
    return min(proxies, gateways)


def _costs(costs: UnitCosts) -> str:
    extra = costs.extra
    return _table(
        ("what", "cost"),
        (
            ("an event to one WebSocket, gateway", f"{costs.message_us:.1f} µs"),
            ("a resume, 20 events behind, gateway", f"{costs.resume_us:.0f} µs"),
            ("an idle WebSocket, gateway", f"{costs.connection_kb:.1f} KB"),
            ("heartbeats of an idle WebSocket, gateway", f"{costs.idle_us_per_s:.1f} µs a second"),
            ("an idle connection, kernel", f"{extra.kernel_kb:.1f} KB"),
            ("an event to one reader, nginx with TLS", f"{extra.proxy_us:.1f} µs"),
            ("a new connection, nginx with TLS", f"{extra.handshake_us:.0f} µs"),
            ("an idle connection, nginx with TLS", f"{extra.proxy_kb:.0f} KB"),
            ("an event to one gateway, Valkey", f"{extra.store_us_per_tail:.1f} µs"),
        ),
    )


def _sizes(costs: UnitCosts) -> str:
    rows = []
    for readers in SIZES:
        plan = size(Demand(readers), costs)
        proxy_gb = readers * (costs.extra.proxy_kb + 2 * costs.extra.kernel_kb) / 1024**2
        rows.append(
            (
                f"{readers:,}",
                f"{plan.gateways:,}",
                f"{plan.gateway_gb:,.1f}",
                f"{plan.proxy_cores:,}",
                f"{proxy_gb:,.1f}",
                f"{plan.replicas:,}",
                f"{plan.store_ms:.1f}",
                f"{plan.idle_cores:,.1f}",
                f"{plan.flash_gbit:,.1f}",
                f"{plan.gb_per_day:,.0f}",
            )
        )
    head = (
        *("readers", "gateway processes", "their GB", "proxy cores", "their GB", "lane servers"),
        *("ms for all tails", "cores busy on average", "Gbit/s during a flash", "GB a day"),
    )
    return _table(head, rows)


def _waves(costs: UnitCosts) -> str:
    rows = []
    for readers in (10_000_000, 100_000_000):
        capacity = resumes_per_s(costs, size(Demand(readers), costs))
        rest = capacity * (REGIONS - 1) / REGIONS
        third = readers // REGIONS
        tenth = Servers(rest / 10)
        for what, count, servers in (
            ("one of three regions is lost", third, Servers(rest)),
            ("the same with a tenth of the proxies, which refuse after TLS", third, tenth),
            ("the same, and the kernel refuses", third, replace(tenth, refusal=BY_KERNEL)),
            ("every gateway restarts at once", readers, Servers(capacity, up_after=2)),
            ("everything is away for a minute", readers, Servers(capacity, up_after=60)),
        ):
            rows.append(_wave(readers, what, count, servers))
    head = (
        *("readers", "what happens", "who come back", "connections a second"),
        *("half back", "99 % back", "all back", "attempts in the worst second", "attempts each"),
    )
    return _table(head, rows)


def _wave(readers: int, what: str, count: int, servers: Servers) -> tuple[str, ...]:
    outcome: Outcome = simulate(count, servers)
    times = (outcome.half, outcome.most, outcome.all)
    return (
        *(f"{readers:,}", what, f"{count:,}", f"{servers.resumes_per_s:,.0f}"),
        *(f"{one:.1f} s" if one is not None else f"not in {LONGEST:.0f} s" for one in times),
        *(f"{outcome.peak:,.0f}", f"{outcome.attempts:.1f}"),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
