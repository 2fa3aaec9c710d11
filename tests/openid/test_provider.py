"""The provider over HTTP: what is kept, when it is read again, and answers that are refused."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import orjson
import pytest

from tests.support.http_server import Answer, answering
from tests.support.providers.openid import CLIENT, OpenIdProvider, running
from ticker.domain.errors import Unavailable
from ticker.openid.provider import AGAIN, KEEP, BadProvider, Provider, metadata_of

HERE = [ip_network("127.0.0.0/8")]
ISSUER = "https://login.example"
GOOD = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
}


@pytest.fixture(scope="module")
def real() -> Iterator[OpenIdProvider]:
    with running(OpenIdProvider("http://newsroom.test/callback")) as found:
        yield found


def document(**changes: Any) -> bytes:
    return orjson.dumps(GOOD | changes)


def test_what_is_used_of_the_metadata() -> None:
    found = metadata_of(document(), ISSUER)
    assert (found.token_endpoint, found.secret_in_body) == (f"{ISSUER}/token", False)
    post = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert metadata_of(document(**post), ISSUER).secret_in_body
    named = {"authorization_response_iss_parameter_supported": True}
    assert metadata_of(document(**named), ISSUER).names_issuer


@pytest.mark.parametrize(
    "data",
    [
        b"no JSON",
        b"[]",
        document(issuer="https://other.example"),
        document(jwks_uri=None),
        document(token_endpoint="http://login.example/token"),
        document(authorization_endpoint="javascript:alert(1)"),
        b" " * 300_000,
    ],
)
def test_metadata_that_is_refused(data: bytes) -> None:
    with pytest.raises(BadProvider):
        metadata_of(data, ISSUER)


async def test_rotated_keys_are_read_at_once_but_not_again_and_again(
    real: OpenIdProvider,
) -> None:
    now = 1_000.0
    provider = Provider(real.url, CLIENT, None, HERE, lambda: now)
    try:
        [first] = (await provider.keys()).keys
        real.rotate()
        assert (await provider.keys()).keys == (first,)
        assert (await provider.keys(again=True)).keys == (first,), "they were read a moment ago"
        now += AGAIN
        [second] = (await provider.keys(again=True)).keys
        assert second.id == real.key.kid != first.id
        real.rotate()
        now += KEEP
        [third] = (await provider.keys()).keys
        assert third.id == real.key.kid
    finally:
        await provider.aclose()


async def test_a_provider_that_fails_is_asked_again_a_moment_later() -> None:
    now = 1_000.0
    async with answering(Answer(500, {}), Answer(200, GOOD), Answer(200, GOOD)) as web:
        provider = Provider(web.url, CLIENT, None, HERE, lambda: now)
        try:
            for _ in range(3):
                with pytest.raises(Unavailable, match="500"):
                    await provider.metadata()
            assert len(web.asked) == 1
            now += AGAIN
            with pytest.raises(Unavailable, match="another issuer"):
                await provider.metadata()
        finally:
            await provider.aclose()


async def test_a_private_network_must_be_allowed(real: OpenIdProvider) -> None:
    provider = Provider(real.url, CLIENT, None, [], lambda: 1_000.0)
    with pytest.raises(Unavailable):
        await provider.metadata()
    await provider.aclose()
