"""The page to sign in leads with what the newsroom has: a key, accounts, or a provider."""

from __future__ import annotations

import re

from starlette.requests import Request

from ticker.config import Settings
from ticker.console.sign_in import KNOWN_FOR, SignInPage
from ticker.domain.errors import Unavailable
from ticker.people.accounts import Accounts
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


async def fields(page: SignInPage) -> list[str]:
    """Return the names of the form's fields in their order, up to the button to sign in."""
    request = Request({"type": "http", "headers": [], "query_string": b""})
    html = bytes((await page.page(request)).body).decode()
    assert html.count('name="key"') == html.count('name="password"') == 1
    return re.findall(r'<input name="(\w+)"', html.partition('type="submit"')[0])


async def test_without_accounts_the_key_leads(redis: Redis, keys: Keys, settings: Settings) -> None:
    now = [0.0]
    accounts = Accounts(redis, keys, lambda: 0)
    page = SignInPage(accounts, settings, lambda: now[0])
    assert await fields(page) == ["key"]
    await accounts.create("Ana", "editor", (), by="desk", password="x")
    assert await fields(page) == ["key"], "known for some seconds"
    now[0] += KNOWN_FOR
    assert await fields(page) == ["name", "password", "code"]
    provider = settings.model_copy(update={"openid_issuer": "https://id.example"})
    await accounts.remove("Ana")
    assert await fields(SignInPage(accounts, provider)) == ["name", "password", "code"]


async def test_when_redis_is_away_there_is_a_page(
    redis: Redis, keys: Keys, settings: Settings
) -> None:
    class Away(Accounts):
        async def count(self) -> int:
            raise Unavailable("away")

    page = SignInPage(Away(redis, keys, lambda: 0), settings)
    assert await fields(page) == ["name", "password", "code"]
