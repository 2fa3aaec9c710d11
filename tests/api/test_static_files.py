"""The site's files: types, ETags, policy, and paths outside their directory."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from tests.support.newsroom import TestNewsroom, check_problem
from ticker.api.request_metrics import RequestMetrics
from ticker.api.resource import Resource
from ticker.api.static_files import TYPES, WEB, StaticFiles


@pytest.fixture
def web(tmp_path: Path) -> Path:
    root = tmp_path / "web"
    (root / "img").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html><title>Ticker</title>")
    (root / "client.js").write_text("export const a = 1;")
    (root / "page.css").write_text("body { margin: 0 }")
    (root / "img" / "a.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (root / "notes.py").write_text("secret")
    (root / ".hidden.js").write_text("secret")
    (tmp_path / "outside.js").write_text("secret")
    (root / "link.js").symlink_to(tmp_path / "outside.js")
    return root


def client(root: Path) -> httpx.AsyncClient:
    resource = Resource("/{path}", [], RequestMetrics(), StaticFiles(root).serve)
    app = Starlette(routes=[Route("/{path:path}", resource)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://newsroom.test")


@pytest.mark.parametrize(
    ("path", "type"),
    [
        ("/index.html", "text/html; charset=utf-8"),
        ("/client.js", "text/javascript; charset=utf-8"),
        ("/page.css", "text/css; charset=utf-8"),
        ("/img/a.svg", "image/svg+xml"),
    ],
)
async def test_files_have_a_content_type_and_an_etag(web: Path, path: str, type: str) -> None:
    async with client(web) as http:
        response = await http.get(path)
        assert response.status_code == 200
        assert response.headers["content-type"] == type
        assert response.headers["cache-control"]
        again = await http.get(path, headers={"if-none-match": response.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        head = await http.head(path)
        assert (head.status_code, head.content) == (200, b"")


async def test_the_content_security_policy_allows_nothing_inline(web: Path) -> None:
    async with client(web) as http:
        for path in ("/index.html", "/img/a.svg"):
            response = await http.get(path)
            policy = response.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
            assert "unsafe" not in policy
            assert "*" not in policy
            assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/../outside.js",
        "/%2e%2e/outside.js",
        "/..%2foutside.js",
        "/img/../../outside.js",
        "/img/%2e%2e/%2e%2e/outside.js",
        "/..%5coutside.js",
        "/%252e%252e/outside.js",
        "//outside.js",
        "/link.js",
        "/.hidden.js",
        "/notes.py",
        "/img",
        "/img/",
        "/client.js/",
        "/client.js%00.css",
        "/client",
        "/a/b/c/d/e.js",
        "/" + "a" * 300 + ".js",
        "/~root.js",
        "/index.html%0a",
    ],
)
async def test_paths_outside_the_directory_are_refused(web: Path, path: str) -> None:
    async with client(web) as http:
        for method in ("GET", "POST"):
            response = await http.request(method, httpx.URL("http://newsroom.test" + path))
            check_problem(response, 404, "not-found")
            assert "secret" not in response.text
        # A client that does not normalise paths sends it like this.
        raw = httpx.URL("http://newsroom.test").copy_with(raw_path=path.encode())
        response = await http.get(raw)
        check_problem(response, 404, "not-found")


async def test_a_file_refuses_post(web: Path) -> None:
    async with client(web) as http:
        response = await http.post("/client.js")
        check_problem(response, 405, "method-not-allowed")
        assert response.headers["allow"] == "GET, HEAD, OPTIONS"


async def test_a_changed_file_is_served_at_once(web: Path) -> None:
    async with client(web) as http:
        before = await http.get("/client.js")
        (web / "client.js").write_text("export const a = 22;")
        after = await http.get("/client.js")
        assert after.text == "export const a = 22;"
        assert after.headers["etag"] != before.headers["etag"]
        (web / "client.js").unlink()
        check_problem(await http.get("/client.js"), 404, "not-found")


async def test_the_projects_own_files(newsroom: TestNewsroom) -> None:
    files = (path for path in WEB.rglob("*") if path.is_file() and path.suffix in TYPES)
    names = [path.relative_to(WEB).as_posix() for path in files]
    assert {"site/styles/base.css", "site/site.js", "favicon.svg"} <= set(names)
    for name in names:
        response = await newsroom.http.get(f"/{name}")
        assert response.status_code == 200, name
        assert response.content == (WEB / name).read_bytes()
