"""The widget and the client for other sites."""

from __future__ import annotations

import gzip
import hashlib
import re
from base64 import b64encode
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from tests.support.newsroom import TestNewsroom, check_problem
from ticker.api.browser_bundles import DIST, BrowserBundles
from ticker.api.request_metrics import RequestMetrics
from ticker.api.resource import Resource

WIDGET_MAX = 10_240
"""Bytes compressed with gzip: the limit in docs/guide/embed.md."""
HUB_MAX = 4_256
"""The same of the code with which several tickers and tabs share a connection."""


def test_the_widget_is_as_small_as_documented() -> None:
    body = (DIST / "widget.js").read_bytes()
    assert len(gzip.compress(body, 9, mtime=0)) <= WIDGET_MAX
    assert b"class" in body
    assert len(gzip.compress((DIST / "hub-1.js").read_bytes(), 9, mtime=0)) <= HUB_MAX


def test_bundles_import_only_the_modules_loaded_on_demand() -> None:
    imported = {
        "client.js": ["./fallbacks-1.js"],
        "widget.js": ["./hub-1.js", "./fallbacks-1.js", "./layouts-1.js"],
        "hub-1.js": [],
        "fallbacks-1.js": [],
        "layouts-1.js": [],
    }
    for name, expected in imported.items():
        text = (DIST / name).read_text()
        found = re.findall(r"\b(?:from|import)\s*\(?\s*[\"']([^\"']+)", text)
        assert found == expected, name
        assert "eval(" not in text
        assert "innerHTML" not in text


@pytest.mark.parametrize(
    "path", ["/widget.js", "/client.js", "/fallbacks-1.js", "/hub-1.js", "/layouts-1.js"]
)
async def test_the_current_bundles_are_cached_briefly_and_public(
    newsroom: TestNewsroom, path: str
) -> None:
    response = await newsroom.http.get(path, headers={"accept-encoding": "identity"})
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["cache-control"].startswith("public, max-age=300")
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert response.content == (DIST / path.removeprefix("/")).read_bytes()
    again = await newsroom.http.get(
        path, headers={"accept-encoding": "identity", "if-none-match": response.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


async def test_a_pinned_widget_never_changes_and_matches_its_integrity(
    newsroom: TestNewsroom,
) -> None:
    bundles = BrowserBundles()
    response = await newsroom.http.get(bundles.widget_path)
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    body = response.content
    assert bundles.widget_path == f"/widget-{hashlib.sha256(body).hexdigest()[:12]}.js"
    digest = b64encode(hashlib.sha384(body).digest()).decode()
    assert bundles.widget.integrity == f"sha384-{digest}"
    check_problem(await newsroom.http.get("/widget-000000000000.js"), 404, "not-found")


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("br, gzip;q=0.8", True),
        ("GZIP", True),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, br", False),
        ("", False),
        ("x-gzip-not", False),
    ],
)
async def test_it_is_compressed_once_for_clients_that_accept_gzip(
    newsroom: TestNewsroom, accepted: str, packed: bool
) -> None:
    async with newsroom.http.stream(
        "GET", "/widget.js", headers={"accept-encoding": accepted}
    ) as response:
        raw = b"".join([part async for part in response.aiter_raw()])
    assert response.headers["vary"] == "accept-encoding"
    assert (response.headers.get("content-encoding") == "gzip") is packed
    body = gzip.decompress(raw) if packed else raw
    assert body == (DIST / "widget.js").read_bytes()
    assert response.headers["etag"].endswith('-gzip"') is packed


async def test_an_earlier_version_stays_available(tmp_path: Path) -> None:
    """Sites that pin one do not lose their ticker to the next release."""
    for name in (
        "client.js",
        "widget.js",
        "fallbacks-1.js",
        "hub-1.js",
        "layouts-1.js",
        "push-sw.js",
    ):
        (tmp_path / name).write_text(f"// {name}, now")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "widget-1.js").write_text("// widget, last year")
    bundles = BrowserBundles(tmp_path)
    rows = [row for row in bundles.operations() if row.path == "/widget-{tag}.js"]
    app = Starlette(
        routes=[Route("/widget-{tag}.js", Resource(rows[0].path, rows, RequestMetrics()))]
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://newsroom.test") as http:
        tag = hashlib.sha256(b"// widget, last year").hexdigest()[:12]
        assert (await http.get(f"/widget-{tag}.js")).text == "// widget, last year"
        assert (await http.get(bundles.widget_path)).text == "// widget.js, now"
