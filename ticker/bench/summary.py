"""The result in words and figures, for the terminal and the report. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ticker.bench.latencies import Latencies
from ticker.bench.result import Result, Storm, Work

TRANSPORTS = {"ws": "WebSocket", "sse": "server-sent events"}


@dataclass(frozen=True, slots=True)
class Row:
    """Latencies with a name; ``remark`` says of what, ``head`` marks the figure to look at."""

    name: str
    latencies: Latencies
    remark: str
    head: bool = False


def duration(seconds: float) -> str:
    """Return a duration as people say it, with three significant digits."""
    ms = seconds * 1000
    if ms >= 1000:
        return f"{seconds:.2f} s"
    return f"{ms:.2f} ms" if ms < 10 else f"{ms:.1f} ms" if ms < 100 else f"{ms:.0f} ms"


def title(result: Result) -> str:
    """Return one line that says what was measured."""
    edition = f", edition {result.edition}" if result.edition else ""
    readers = _many(result.connected, "reader")
    return f"{readers} over {TRANSPORTS[result.transport]} at {result.url}{edition}"


def rows(result: Result) -> list[Row]:
    """Return the rows with percentiles, the most important first, without unmeasured ones."""
    found = []
    if result.steady is not None:
        lines = _many(result.steady.published, "line")
        found += [
            Row(
                "Publish → last reader",
                result.steady.to_last,
                f"{lines}, {result.rate:g} a second",
                head=True,
            ),
            Row("Publish → a reader", result.steady.to_one, _arrivals(result.steady.to_one)),
        ]
    if result.publish:
        found.append(Row("Publish → acknowledged", result.acknowledged, "the editor's 201"))
    if result.burst is not None:
        lines = f"{_many(result.burst.published, 'item')} at once"
        found += [
            Row("Burst → last reader", result.burst.to_last, lines, head=result.steady is None),
            Row("Burst → a reader", result.burst.to_one, _arrivals(result.burst.to_one)),
        ]
    if result.spread.count:
        events = _many(result.spread.count, "event")
        found.append(
            Row("First reader → last", result.spread, f"{events} that others published", head=True)
        )
    found.append(Row("Connect → welcome", result.connects, _many(result.connects.count, "reader")))
    if result.storm is not None:
        missed = _many(result.storm.missed, "line")
        remark = f"each {missed} behind" if result.storm.missed else "nothing missed"
        found.append(Row("Storm → live again", result.storm.returns, remark))
    return [row for row in found if row.latencies.count]


def facts(result: Result) -> list[tuple[str, str]]:
    """Return the figures without percentiles: a name and a sentence each."""
    found = []
    if result.storm is not None:
        found.append(("Storm", _storm(result.storm)))
    burst = result.burst
    if burst is not None and burst.work.seconds:
        rate = burst.to_one.count / max(burst.to_last.longest, 1e-9)
        found.append(("Burst", f"{rate:,.0f} deliveries a second until the last reader had all"))
    server = _server(result)
    if server:
        found.append(("Server", server))
    works = [part.work for part in (result.steady, result.burst, result.storm) if part]
    if works:
        found.append(("Generator", f"{max(work.busy for work in works):.0%} of a core at most"))
    if result.behind:
        found.append(("Late", f"{_many(result.behind, 'item')} waited for earlier requests"))
    if result.cleaning is not None:
        left = result.cleaning.left
        rest = f", {left:,} left to expire within a minute" if left else ""
        found.append(("Cleaned up", f"{_many(result.cleaning.retracted, 'item')} retracted{rest}"))
    elif result.publish:
        found.append(("Not cleaned", "the items expire within a minute"))
    return found


def verdict(result: Result) -> str:
    """Return whether everything arrived, as a sentence."""
    count = result.verdict
    delivered = f"{count.delivered:,} deliveries of {_many(count.events, 'event')}"
    wrong = [
        f"{number:,} {what}"
        for number, what in ((count.lost, "lost"), (count.doubled, "doubled"))
        if number
    ]
    if count.unseen:
        wrong.append(f"{_many(count.unseen, 'acknowledged item')} reached no reader")
    if wrong:
        return f"{delivered}: {', '.join(wrong)}"
    if not count.events:
        return "Nothing was published: connections were measured, deliveries were not"
    return f"{delivered}: none lost, none doubled"


def problems(result: Result) -> list[str]:
    """Return further problems, a sentence each."""
    found = []
    if result.ending == "server gone":
        found.append(f"The server stopped answering: {result.trouble}")
    failed = sum(result.failures.values())
    if failed:
        found.append(f"{_many(failed, 'connection')} failed: {_reasons(result.failures)}")
    dropped = sum(result.drops.values())
    if dropped:
        found.append(f"{_many(dropped, 'reader')} lost the connection: {_reasons(result.drops)}")
    if result.resets:
        found.append(f"{_many(result.resets, 'reader')} had a gap that was announced (reset)")
    refused = sum(result.refused.values())
    if refused:
        found.append(f"{_many(refused, 'item')} not published: {_reasons(result.refused)}")
    return found


def _storm(storm: Storm) -> str:
    if storm.seconds is None:
        return f"{storm.back:,} of {_many(storm.clients, 'reader')} came back"
    return f"all {_many(storm.clients, 'reader')} live again after {duration(storm.seconds)}"


def _server(result: Result) -> str:
    """Return the server's CPU and memory, as far as they were measured."""
    server = result.server
    if server is None:
        return ""
    parts = []
    works = [
        ("delivery", result.steady.work if result.steady else result.listened),
        ("delivery in the burst", result.burst.work if result.burst else None),
        ("resume", result.storm.work if result.storm else None),
    ]
    for what, work in works:
        if work is not None and _tells(work):
            parts.append(f"{work.cpu_us:,.1f} µs CPU a {what}")
    each = server.per_connection(result.connected)
    if each is not None:
        parts.append(f"memory grew by {each / 1024:,.1f} KB a connection, beyond what was free")
    parts.append(f"{server.rss_connected / 2**20:,.0f} MB resident")
    label = "process" if len(server.pids) == 1 else "processes"
    return f"{', '.join(parts)} ({label} {', '.join(map(str, server.pids))})"


def _tells(work: Work) -> bool:
    """Return whether enough was used for a figure: the system counts in hundredths of a second."""
    return work.cpu_us is not None and (work.server_cpu or 0) >= 0.03


def _reasons(reasons: dict[str, int]) -> str:
    return "; ".join(f"{count:,} × {reason}" for reason, count in reasons.items())


def _arrivals(latencies: Latencies) -> str:
    return _many(latencies.count, "delivery", "deliveries")


def _many(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
