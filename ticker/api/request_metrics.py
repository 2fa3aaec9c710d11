"""Counts and durations of requests."""

from __future__ import annotations

from collections.abc import Iterable

from ticker.telemetry.families import Family, Histogram, counter, histogram

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5)
"""Upper bounds in seconds. A publish takes about 3 ms, a poll with a cursor ahead up to 2 s."""


class RequestMetrics:
    """Count responses and their durations. The route table bounds the number of series."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str, str], int] = {}
        self._durations: dict[str, Histogram] = {}

    def count(self, path: str, method: str, status: int, seconds: float) -> None:
        """Count one response of the route ``path``, ``seconds`` after its request."""
        request = (path, method, str(status))
        self._requests[request] = self._requests.get(request, 0) + 1
        durations = self._durations.get(path)
        if durations is None:
            durations = self._durations[path] = Histogram(BUCKETS)
        durations.observe(seconds)

    def metrics(self) -> Iterable[Family]:
        """Return the HTTP metrics."""
        yield counter(
            "http_requests_total",
            "HTTP requests by route, method and status.",
            self._requests,
            "route",
            "method",
            "status",
        )
        yield histogram(
            "http_request_duration_seconds",
            "Seconds from request to response.",
            self._durations,
            "route",
        )
