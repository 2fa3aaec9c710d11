"""The checks of a server: what it may answer, and when."""

from __future__ import annotations

import pytest

from tests.support.http_server import Answer, answering
from ticker.cli.check import Check
from ticker.cli.doctor_checks import run_checks
from ticker.config import Settings

DATE = {"Date": "Sun, 29 Nov 2026 10:00:00 GMT"}


async def checked(monkeypatch: pytest.MonkeyPatch, *answers: Answer) -> dict[str, Check]:
    monkeypatch.setenv("TICKER_KEY", "tk_x")
    shown: list[Check] = []
    async with answering(*answers, *[Answer(0)] * 20) as web:
        monkeypatch.setenv("TICKER_URL", web.url)
        assert await run_checks(Settings(), shown.append) == shown
    return {check.name: check for check in shown}


async def test_a_server_that_goes_away_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    found = await checked(monkeypatch, Answer(200, {"status": "ok"}, DATE))
    assert [name for name, check in found.items() if check.ok] == ["server"]
    lost = "the server closed the connection"
    for name in ("ready", "key", "push", "sse"):
        assert lost in found[name].detail, found[name]
    assert "local clock is" in found["clock"].detail


async def test_a_part_that_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A problem document in place of the state of push was "unexpected response: 'providers'"."""
    title = "The database refuses this server"
    problem = Answer(503, {"type": "/problems/store-access", "title": title, "status": 503})
    found = await checked(monkeypatch, Answer(200, {"status": "ok"}, DATE), *[problem] * 5)
    assert found["key"].detail == found["push"].detail == f"it cannot be checked: {title}"


async def test_another_server(monkeypatch: pytest.MonkeyPatch) -> None:
    found = await checked(monkeypatch, Answer(404, {}))
    assert [(check.name, check.ok) for check in found.values()] == [("server", False)]
    assert "responds with HTTP 404" in found["server"].detail
