"""Settings: monitoring."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from ticker.config.fields import Record
from ticker.config.values import Bounds
from ticker.domain.shape import Shape

if TYPE_CHECKING:
    from ticker.telemetry.endpoint import Address


class MonitoringSettings(Record):
    """Monitoring."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The lowest level that is logged."""
    log_format: Literal["console", "json"] | None = None
    """`console` (a line for people) or `json` (an object a line). Default: console on a terminal,
    otherwise JSON; `ticker up` prints for people unless this says `json`."""

    otlp_url: (
        Annotated[str, Shape(r"https?://[^\s]+", "must be an http or https address")] | None
    ) = None
    """Address of an OTLP receiver (HTTP) for traces, for example `http://127.0.0.1:4318`; needs
    `pip install 'ticker[otel]'`. Default: no traces."""
    metrics_port: Annotated[int | None, Bounds(ge=0, le=65_535)] = None
    """Port for `GET /metrics` (Prometheus), apart from the readers' port; 0 takes a free one. With
    several server processes, the one address answers for all. Default: no metrics; `ticker up`
    takes a free port and prints it."""
    metrics_host: str = "127.0.0.1"
    """Address on which metrics are served. Keep it private: metrics are not for readers."""
    metrics_socket: Path | None = None
    """Unix socket for metrics instead of a port. A supervisor sets it for each process."""

    @property
    def metrics_address(self) -> Address:
        """Return where this process serves its metrics."""
        from ticker.telemetry.endpoint import Address

        return Address(self.metrics_host, self.metrics_port, self.metrics_socket)
