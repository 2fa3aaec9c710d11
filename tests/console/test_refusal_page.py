"""A page that the console cannot show: words for a person, a problem document for a script."""

from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.responses import Response

from ticker.console.refusal_page import with_refusal_page
from ticker.domain.errors import Forbidden, TickerError, TooMany, Unavailable

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


async def answered(error: TickerError, accept: str, language: str = "en") -> Response:
    async def page(request: Request) -> Response:
        raise error

    headers = [(b"accept", accept.encode()), (b"accept-language", language.encode())]
    scope = {"type": "http", "method": "GET", "path": "/console/keys", "headers": headers}
    return await with_refusal_page(page, 'News & "more"')(
        Request(scope | {"query_string": b'a="><b>', "server": ("news.test", 80)})
    )


@pytest.mark.parametrize(
    ("error", "status", "wait", "text"),
    [
        (
            TooMany("a client spent its budget", 7),
            429,
            "7",
            "You have sent too many requests. Wait a moment.",
        ),
        (Unavailable("Redis is away", 3), 503, "3", "cannot show this page now"),
        (Forbidden("a secret reason"), 403, None, "Your role may not open this page."),
    ],
)
async def test_a_browser_gets_a_page(
    error: TickerError, status: int, wait: str | None, text: str
) -> None:
    response = await answered(error, BROWSER)
    page = bytes(response.body).decode()
    assert (response.status_code, response.headers.get("retry-after")) == (status, wait)
    assert text in page
    assert error.detail not in page
    assert "<b>" not in page
    assert "News &amp; &#34;more&#34;" in page
    assert (">Try again</a>" in page) is (status != 403)
    assert response.headers["cache-control"] == "private, no-store"


async def test_the_page_is_in_the_language_of_the_browser() -> None:
    page = bytes((await answered(TooMany("", 1), BROWSER, "ar")).body).decode()
    assert 'lang="ar" dir="rtl"' in page
    assert "أرسلت طلبات كثيرة جدًا. انتظر لحظة." in page


async def test_a_script_gets_the_error() -> None:
    with pytest.raises(TooMany):
        await answered(TooMany("too many", 7), "*/*")
