"""The service worker and the manifest."""

from __future__ import annotations

import gzip

from tests.support.newsroom import TestNewsroom
from tests.support.pages import serving_pages
from ticker.api.browser_bundles import DIST
from ticker.feeds.formats.channel import item_page

WORKER_MAX = 4_224
"""Bytes in gzip, of alerts and of reading offline together."""


async def test_the_worker_may_serve_the_whole_site_and_load_nothing(newsroom: TestNewsroom) -> None:
    response = await newsroom.http.get("/push-sw.js", headers={"accept-encoding": "identity"})
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["service-worker-allowed"] == "/"
    assert response.headers["content-security-policy"] == "default-src 'none'; connect-src 'self'"
    assert response.headers["cache-control"].startswith("public, max-age=300")
    # Another site's worker imports it.
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert response.content == (DIST / "push-sw.js").read_bytes()
    again = {"accept-encoding": "identity", "if-none-match": response.headers["etag"]}
    assert (await newsroom.http.get("/push-sw.js", headers=again)).status_code == 304


def test_the_worker_is_one_small_classic_script() -> None:
    body = (DIST / "push-sw.js").read_bytes()
    assert len(gzip.compress(body, 9, mtime=0)) <= WORKER_MAX
    for word in (b"import ", b"import(", b"export ", b"eval("):
        assert word not in body


async def test_the_manifest_makes_an_app_of_the_site(newsroom: TestNewsroom) -> None:
    response = await newsroom.http.get("/app.webmanifest")
    assert response.headers["content-type"] == "application/manifest+json"
    manifest = response.json()
    assert (manifest["name"], manifest["display"], manifest["scope"]) == (
        "Ticker",
        "standalone",
        "/",
    )
    for icon in manifest["icons"]:
        found = await newsroom.http.get(icon["src"])
        assert found.headers["content-type"] == icon["type"]
    again = {"if-none-match": response.headers["etag"]}
    assert (await newsroom.http.get("/app.webmanifest", headers=again)).status_code == 304


async def test_pages_offer_alerts_where_there_is_a_key(newsroom: TestNewsroom) -> None:
    item = (await newsroom.publish("Harbour opens", story="harbour"))["item"]
    for path in ("/en", "/ar/section/politics", "/story/harbour", item_page("", item["id"])):
        page = (await newsroom.http.get(path)).text
        assert page.count('id="alerts"') == page.count('id="alerts-button"') == 1, path
        assert '<link rel="manifest" href="/app.webmanifest">' in page
        assert '<script type="module" src="/assets/alerts-' in page
    for path in ("/embed?edition=en", "/en/section/nowhere"):
        page = (await newsroom.http.get(path, headers={"accept": "text/html"})).text
        assert "alerts" not in page, path


async def test_pages_offer_none_where_there_is_no_key() -> None:
    async with serving_pages() as site:
        assert "alerts" not in (await site.get("/en")).text
