"""Metrics as a scrape shows them."""

from __future__ import annotations

from pathlib import Path

import httpx

from ticker.telemetry.exposition import render
from ticker.telemetry.families import MetricsSource


def samples(*sources: MetricsSource) -> dict[str, float]:
    """Return the samples of ``sources`` by name and labels, as in the text format."""
    return parse(render([family for source in sources for family in source.metrics()]).decode())


def parse(text: str) -> dict[str, float]:
    """Return the samples of ``text``, Prometheus' text format."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            sample, _, value = line.rpartition(" ")
            assert sample not in found, f"{sample} comes twice"
            found[sample] = float(value)
    return found


async def scraped(url: str) -> dict[str, float]:
    """Return the samples at ``url``."""
    async with httpx.AsyncClient() as http:
        response = await http.get(url)
    assert response.status_code == 200
    return parse(response.text)


async def scraped_socket(path: Path) -> dict[str, float]:
    """Return the samples of the process that listens on the unix socket ``path``."""
    transport = httpx.AsyncHTTPTransport(uds=str(path))
    async with httpx.AsyncClient(transport=transport, base_url="http://metrics") as http:
        response = await http.get("/metrics")
    assert response.status_code == 200
    return parse(response.text)
