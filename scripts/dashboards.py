"""Make the Grafana dashboards of deploy/grafana/dashboards from the tables below.

    python -m scripts.dashboards            exit 1 if a file is not what the tables make
    python -m scripts.dashboards --write    write the files

The files are committed, so that Grafana can be given them as they are.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "deploy" / "grafana" / "dashboards"
WIDTH, HEIGHT = 8, 8
"""Grid units of a panel; a row of a dashboard has 24."""
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
BY = "instance, process"


@dataclass(frozen=True)
class Panel:
    """A graph: ``series`` are pairs of a PromQL expression and a legend."""

    title: str
    unit: str
    series: tuple[tuple[str, str], ...]
    text: str = ""
    kind: str = "timeseries"


def graph(title: str, unit: str, *series: tuple[str, str], text: str = "") -> Panel:
    """Return a graph over time."""
    return Panel(title, unit, series, text)


def number(title: str, unit: str, expression: str, text: str = "") -> Panel:
    """Return one number, the newest."""
    return Panel(title, unit, ((expression, ""),), text, "stat")


def quantiles(title: str, metric: str, text: str = "", by: str = "") -> Panel:
    """Return a graph of a histogram's p50, p95 and p99."""
    group = f"{by}, le" if by else "le"
    legend = f" {{{{{by}}}}}" if by else ""
    buckets = f"sum by ({group}) (rate({metric}_bucket[$__rate_interval]))"
    series = [
        (f"histogram_quantile({q}, {buckets})", f"p{q * 100:g}{legend}") for q in (0.5, 0.95, 0.99)
    ]
    return graph(title, "s", *series, text=text)


def rate(metric: str, by: str, labels: str = "") -> tuple[str, str]:
    """Return events a second by labels, and their legend."""
    legend = " ".join(f"{{{{{name.strip()}}}}}" for name in by.split(","))
    return f"sum by ({by}) (rate({metric}{labels}[$__rate_interval]))", legend


FAST = (
    'sum(increase(ticker_delivery_seconds_bucket{le="0.25"}[$__range]))'
    " / sum(increase(ticker_delivery_seconds_count[$__range]))"
)

DASHBOARDS: dict[str, tuple[str, tuple[Panel, ...]]] = {
    "newsroom": (
        "Ticker: newsroom",
        (
            number("Readers", "short", "sum(ticker_connections)"),
            number("Within 250 ms", "percentunit", FAST, "The objective is 99 % (docs: slo.md)."),
            number("Ready processes", "short", "sum(ticker_ready)"),
            graph(
                "Readers by edition",
                "short",
                ("sum by (edition) (ticker_connections)", "{{edition}}"),
            ),
            graph(
                "Readers by transport",
                "short",
                ("sum by (transport) (ticker_connections)", "{{transport}}"),
            ),
            graph("Items on screens", "short", ("max(ticker_current_items)", "current items")),
            graph(
                "Editors' requests",
                "reqps",
                rate(
                    "ticker_http_requests_total", "route, status", '{method!="GET",method!="HEAD"}'
                ),
            ),
            graph("Requests by status", "reqps", rate("ticker_http_requests_total", "status")),
            quantiles("Publishing", "ticker_publish_to_lane_seconds", "Request to lane."),
            graph(
                "Answers to subscriptions",
                "cps",
                rate("ticker_welcomes_total", "outcome, reason"),
            ),
            graph("Closes by code", "cps", rate("ticker_closes_total", "code")),
            graph(
                "Refusals",
                "cps",
                rate("ticker_refused_total", "reason"),
                rate("ticker_budget_refused_total", "budget"),
            ),
            graph(
                "Event loop lag p99",
                "s",
                (
                    f"histogram_quantile(0.99, sum by ({BY}, le)"
                    " (rate(ticker_event_loop_lag_seconds_bucket[$__rate_interval])))",
                    "{{instance}} {{process}}",
                ),
            ),
            graph(
                "Processor",
                "percentunit",
                (
                    f"sum by ({BY}) (rate(process_cpu_seconds_total[$__rate_interval]))",
                    "{{instance}} {{process}}",
                ),
            ),
            graph(
                "Memory",
                "bytes",
                ("process_resident_memory_bytes", "{{instance}} {{process}}"),
            ),
            graph(
                "Open files",
                "percentunit",
                ("process_open_fds / process_max_fds", "{{instance}} {{process}}"),
            ),
            graph(
                "Restarts", "short", ("ticker_process_restarts_total", "{{instance}} {{process}}")
            ),
            graph(
                "Builds",
                "short",
                ("sum by (version, role) (ticker_build_info)", "{{version}} {{role}}"),
            ),
        ),
    ),
    "delivery": (
        "Ticker: delivery latency",
        (
            number("Within 250 ms", "percentunit", FAST),
            number(
                "Burn rate, 1 hour",
                "short",
                "ticker:slow_deliveries:ratio_rate1h / 0.01",
                "1 uses up the budget in 30 days, 14.4 in two.",
            ),
            number("Relay lag", "s", "max(ticker_relay_lag_seconds)"),
            quantiles("Request to last screen", "ticker_delivery_seconds", "The whole way."),
            quantiles("1. Publish to lane", "ticker_publish_to_lane_seconds"),
            quantiles("2. Lane to server", "ticker_lane_to_hub_seconds"),
            quantiles("3. Server to last socket", "ticker_hub_to_socket_seconds"),
            graph(
                "Mean of the stages, stacked",
                "s",
                *(
                    (
                        f"sum(rate(ticker_{stage}_seconds_sum[$__rate_interval]))"
                        f" / sum(rate(ticker_{stage}_seconds_count[$__rate_interval]))",
                        stage.replace("_", " "),
                    )
                    for stage in ("publish_to_lane", "lane_to_hub", "hub_to_socket")
                ),
            ),
            graph(
                "Events",
                "cps",
                (
                    f"sum by ({BY}) (rate(ticker_events_total[$__rate_interval]))",
                    "{{instance}} {{process}}",
                ),
            ),
            graph(
                "Writes to sockets",
                "cps",
                (
                    f"sum by ({BY}) (rate(ticker_writes_total[$__rate_interval]))",
                    "{{instance}} {{process}}",
                ),
            ),
            graph(
                "Slow readers",
                "short",
                ("sum(ticker_behind)", "paused or catching up"),
                ("sum(ticker_waiting)", "ahead of the server"),
                ("sum(ticker_admission_queue)", "waiting for admission"),
            ),
            graph(
                "Heartbeat age",
                "s",
                ("ticker_tail_heartbeat_age_seconds", "{{instance}} {{process}}"),
                text="Events travel while it stays below three intervals (lane_heartbeat).",
            ),
            graph("Carried by the relay", "cps", rate("ticker_relay_entries_total", "kind")),
            graph(
                "Tasks that fail",
                "short",
                ("max by (task) (ticker_task_failures)", "{{task}}"),
            ),
        ),
    ),
    "push": (
        "Ticker: push and webhooks",
        (
            number("Subscriptions", "short", "sum(max by (provider) (ticker_push_subscriptions))"),
            graph(
                "Registrations",
                "short",
                ("max by (provider) (ticker_push_subscriptions)", "{{provider}}"),
                ("min(ticker_push_subscriptions_max)", "limit of one provider"),
            ),
            graph(
                "Memory of the registrations",
                "bytes",
                ("max by (provider) (ticker_push_subscription_bytes)", "{{provider}}"),
                ("min(ticker_push_subscription_bytes_max)", "limit of one provider"),
                text="In Redis, as the registration estimates it.",
            ),
            number(
                "Stopped providers",
                "short",
                "sum(max by (provider) (ticker_push_provider_stopped))",
            ),
            number("Oldest job", "s", "max(ticker_push_oldest_job_age_seconds)"),
            graph(
                "Notifications by outcome",
                "cps",
                (
                    "max by (provider, outcome)"
                    " (rate(ticker_push_notifications_total[$__rate_interval])) > 0",
                    "{{provider}} {{outcome}}",
                ),
            ),
            graph("Queued shards", "short", ("max(ticker_push_jobs)", "shards")),
            graph(
                "Newest alert",
                "s",
                ("max by (provider) (ticker_push_last_alert_duration_seconds)", "{{provider}}"),
                text="From publication to the last acceptance.",
            ),
            graph(
                "Age of the last dry run",
                "s",
                ("max by (provider) (ticker_push_dry_run_age_seconds)", "{{provider}}"),
            ),
            graph(
                "Quarantine",
                "short",
                ("max by (provider) (ticker_push_quarantined_subscriptions)", "{{provider}}"),
            ),
            graph(
                "Webhook deliveries",
                "cps",
                (
                    "max by (outcome) (rate(ticker_webhook_deliveries_total[$__rate_interval]))",
                    "{{outcome}}",
                ),
            ),
            graph("Runs of jobs", "cps", rate("ticker_jobs_total", "function, result")),
            graph(
                "Duration of jobs p95",
                "s",
                (
                    "histogram_quantile(0.95, sum by (function, le)"
                    " (rate(ticker_job_duration_seconds_bucket[$__rate_interval])))",
                    "{{function}}",
                ),
            ),
            graph(
                "Age of these figures",
                "s",
                ("ticker_push_metrics_age_seconds", "{{instance}} {{process}}"),
            ),
        ),
    ),
    "redis": (
        "Ticker: Redis",
        (
            number("Up", "short", "max(ticker_redis_up)"),
            number("Replicas", "short", "max(ticker_redis_connected_replicas)"),
            number("Answer time", "s", "max(ticker_redis_ping_seconds)"),
            graph(
                "Memory",
                "bytes",
                ("max(ticker_redis_used_memory_bytes)", "used"),
                ("max(ticker_redis_maxmemory_bytes) > 0", "limit"),
                ("max(ticker_redis_system_memory_bytes)", "machine"),
            ),
            graph(
                "Commands",
                "ops",
                ("max(rate(ticker_redis_commands_total[$__rate_interval]))", "commands"),
            ),
            graph(
                "Connections",
                "short",
                ("max(ticker_redis_connected_clients)", "clients"),
                ("max(ticker_redis_maxclients)", "limit"),
            ),
            graph(
                "Streams",
                "short",
                ("max by (stream) (ticker_stream_entries)", "{{stream}}"),
            ),
            graph("Relay lag", "s", ("max(ticker_relay_lag_seconds)", "lag")),
            graph(
                "Late syncs, evictions, refused connections",
                "short",
                (
                    "max(increase(ticker_redis_delayed_fsyncs_total[$__rate_interval]))",
                    "late syncs",
                ),
                (
                    "max(increase(ticker_redis_evicted_keys_total[$__rate_interval]))",
                    "evicted keys",
                ),
                (
                    "max(increase(ticker_redis_rejected_connections_total[$__rate_interval]))",
                    "refused connections",
                ),
            ),
            graph(
                "Disk",
                "short",
                ("min(ticker_redis_aof_writable)", "append-only file writable"),
                ("min(ticker_redis_aof_rewritable)", "append-only file rewritable"),
                ("min(ticker_redis_snapshot_writable)", "snapshot writable"),
            ),
            graph("Append-only file", "bytes", ("max(ticker_redis_aof_bytes)", "size")),
            graph(
                "Lost connections of the servers",
                "short",
                (
                    f"sum by ({BY}) (increase(ticker_tail_reconnects_total[$__rate_interval]))",
                    "{{instance}} {{process}}",
                ),
            ),
            graph("Uptime", "s", ("max(ticker_redis_uptime_seconds)", "uptime")),
        ),
    ),
}
"""By file name: title and panels."""


def dashboard(name: str) -> dict[str, Any]:
    """Return the dashboard ``name`` as Grafana's JSON model."""
    title, panels = DASHBOARDS[name]
    return {
        "uid": f"ticker-{name}",
        "title": title,
        "tags": ["ticker"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [
                {
                    "name": "datasource",
                    "label": "Prometheus",
                    "type": "datasource",
                    "query": "prometheus",
                }
            ]
        },
        "links": [
            {"type": "dashboards", "tags": ["ticker"], "title": "Ticker", "asDropdown": True}
        ],
        "panels": [_panel(panel, place) for place, panel in enumerate(panels)],
    }


def _panel(panel: Panel, place: int) -> dict[str, Any]:
    return {
        "id": place + 1,
        "title": panel.title,
        "description": panel.text,
        "type": panel.kind,
        "datasource": DATASOURCE,
        "gridPos": {
            "x": place % 3 * WIDTH,
            "y": place // 3 * HEIGHT,
            "w": WIDTH,
            "h": HEIGHT,
        },
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "options": {},
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": DATASOURCE,
                "expr": expression,
                "legendFormat": legend or "__auto",
            }
            for number, (expression, legend) in enumerate(panel.series)
        ],
    }


def main(arguments: list[str]) -> int:
    """Write or check the files; return the exit code."""
    stale = 0
    for name in DASHBOARDS:
        path = FOLDER / f"{name}.json"
        text = json.dumps(dashboard(name), indent=2) + "\n"
        if path.exists() and path.read_text() == text:
            continue
        if "--write" in arguments:
            path.write_text(text)
        else:
            stale += 1
            print(f"{path.name} is not what the tables make: python -m scripts.dashboards --write")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
