"""Keys: one store lookup, then a bounded cache for five seconds."""

from __future__ import annotations

import asyncio

import pytest
from starlette.requests import Request

from tests.support.clock import FakeClock
from ticker.api.auth import INVALID_MAX, KEY_RATE, TTL, VALID_MAX, Auth
from ticker.config import Settings
from ticker.domain.editor import Editor
from ticker.domain.errors import TooMany, Unauthorised, Unavailable

RIGHT = "tk_" + "R" * 32


async def editor_name(auth: Auth, request: Request) -> str:
    return (await auth.editor(request, "read")).name


class FakeEditorKeys:
    """Editors by key; counts the lookups."""

    def __init__(self) -> None:
        self.names = {RIGHT: "desk"}
        self.asked: list[str] = []
        self.away = False

    async def verify(self, secret: str) -> Editor | None:
        self.asked.append(secret)
        if self.away:
            raise Unavailable("the store does not answer")
        name = self.names.get(secret)
        return None if name is None else Editor(name, key_id=secret)


def request(header: str | None, address: str = "192.0.2.1") -> Request:
    headers = [] if header is None else [(b"authorization", header.encode("latin-1"))]
    client = (address, 4_000)
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers, "client": client}
    return Request(scope)


def bearer(secret: str, address: str = "192.0.2.1") -> Request:
    return request(f"Bearer {secret}", address)


@pytest.fixture
def editor_keys() -> FakeEditorKeys:
    return FakeEditorKeys()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def auth(editor_keys: FakeEditorKeys, clock: FakeClock) -> Auth:
    return Auth(editor_keys, Settings().budgets(clock), clock)


async def test_a_valid_key_is_looked_up_once(auth: Auth, editor_keys: FakeEditorKeys) -> None:
    for _ in range(10):
        assert await editor_name(auth, bearer(RIGHT)) == "desk"
    assert len(editor_keys.asked) == 1


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_is_case_insensitive(auth: Auth, scheme: str) -> None:
    assert await editor_name(auth, request(f"{scheme}  {RIGHT} ")) == "desk"


async def test_an_invalid_key_is_looked_up_once(auth: Auth, editor_keys: FakeEditorKeys) -> None:
    for _ in range(10):
        with pytest.raises(Unauthorised):
            await editor_name(auth, bearer("tk_" + "w" * 32))
    assert len(editor_keys.asked) == 1


@pytest.mark.parametrize(
    "header", [None, "", "Bearer x", "Bearer tk_" + "a" * 33, "Basic " + RIGHT, RIGHT, "Bearer\t"]
)
async def test_a_malformed_key_is_not_looked_up(
    auth: Auth, editor_keys: FakeEditorKeys, header: str | None
) -> None:
    with pytest.raises(Unauthorised):
        await editor_name(auth, request(header))
    assert editor_keys.asked == []


async def test_a_revoked_key_stops_working_within_the_ttl(
    auth: Auth, editor_keys: FakeEditorKeys, clock: FakeClock
) -> None:
    await editor_name(auth, bearer(RIGHT))
    editor_keys.names.clear()
    clock.now += TTL - 0.1
    assert await editor_name(auth, bearer(RIGHT)) == "desk"
    clock.now += 0.2
    with pytest.raises(Unauthorised):
        await editor_name(auth, bearer(RIGHT))
    assert TTL <= 5


async def test_a_key_in_use_is_looked_up_again_beside_the_request(
    auth: Auth, editor_keys: FakeEditorKeys, clock: FakeClock
) -> None:
    """An editor at work never waits for a lookup; a revocation is seen by the next request."""
    await editor_name(auth, bearer(RIGHT))
    for _ in range(3):
        clock.now += TTL / 2 + 0.1
        before = len(editor_keys.asked)
        assert await editor_name(auth, bearer(RIGHT)) == "desk"
        assert await editor_name(auth, bearer(RIGHT)) == "desk"
        assert len(editor_keys.asked) == before, "answered from memory"
        await asyncio.sleep(0)
        assert len(editor_keys.asked) == before + 1
    editor_keys.away = True
    clock.now += TTL / 2 + 0.1
    assert await editor_name(auth, bearer(RIGHT)) == "desk"
    await asyncio.sleep(0)
    editor_keys.away = False
    editor_keys.names.clear()
    assert await editor_name(auth, bearer(RIGHT)) == "desk"
    await asyncio.sleep(0)
    with pytest.raises(Unauthorised):
        await editor_name(auth, bearer(RIGHT))


async def test_the_ttl_starts_before_the_lookup(
    editor_keys: FakeEditorKeys, clock: FakeClock
) -> None:
    """The store read the key, then it was revoked, and the reply arrived late."""

    class Late(FakeEditorKeys):
        async def verify(self, secret: str) -> Editor | None:
            editor = await super().verify(secret)
            clock.now += 4
            return editor

    late = Late()
    auth = Auth(late, Settings().budgets(clock), clock)
    await editor_name(auth, bearer(RIGHT))
    late.names.clear()
    clock.now += TTL - 4
    with pytest.raises(Unauthorised):
        await editor_name(auth, bearer(RIGHT))


async def test_a_new_key_works_after_its_refusal_expires(
    auth: Auth, editor_keys: FakeEditorKeys, clock: FakeClock
) -> None:
    secret = "tk_" + "n" * 32
    with pytest.raises(Unauthorised):
        await editor_name(auth, bearer(secret))
    editor_keys.names[secret] = "new"
    clock.now += TTL
    assert await editor_name(auth, bearer(secret)) == "new"


async def test_a_flood_of_invalid_keys_is_bounded_and_evicts_no_valid_one(
    auth: Auth, editor_keys: FakeEditorKeys
) -> None:
    await editor_name(auth, bearer(RIGHT))
    for n in range(INVALID_MAX + 500):
        with pytest.raises(Unauthorised):
            await editor_name(auth, bearer(f"tk_{n:032}", "127.0.0.1"))  # without limits
    assert len(auth) == INVALID_MAX + 1
    assert await editor_name(auth, bearer(RIGHT)) == "desk"
    assert editor_keys.asked.count(RIGHT) == 1


async def test_valid_keys_are_bounded_too(auth: Auth, editor_keys: FakeEditorKeys) -> None:
    for n in range(VALID_MAX + 10):
        editor_keys.names[f"tk_{n:032}"] = f"editor {n}"
        await editor_name(auth, bearer(f"tk_{n:032}"))
    assert len(auth) == VALID_MAX


async def test_an_unavailable_store_makes_no_key_invalid(
    auth: Auth, editor_keys: FakeEditorKeys
) -> None:
    editor_keys.away = True
    with pytest.raises(Unavailable):
        await editor_name(auth, bearer(RIGHT))
    editor_keys.away = False
    assert await editor_name(auth, bearer(RIGHT)) == "desk"


async def test_a_key_has_a_rate_of_its_own(auth: Auth, editor_keys: FakeEditorKeys) -> None:
    other = "tk_" + "o" * 32
    editor_keys.names[other] = "another desk"
    for _ in range(int(KEY_RATE.burst)):
        await auth.editor(bearer(RIGHT), "read")
    with pytest.raises(TooMany):
        await auth.editor(bearer(RIGHT), "read")
    assert await editor_name(auth, bearer(other)) == "another desk"


async def test_an_address_with_many_wrong_keys_is_refused_and_a_known_editor_is_not(
    auth: Auth, editor_keys: FakeEditorKeys, clock: FakeClock
) -> None:
    assert await editor_name(auth, bearer(RIGHT)) == "desk"
    refusal: TooMany | None = None
    for number in range(100):
        try:
            with pytest.raises(Unauthorised):
                await editor_name(auth, bearer(f"tk_{number:032d}"))
        except TooMany as error:
            refusal = error
            break
    assert refusal is not None
    asked = len(editor_keys.asked)
    with pytest.raises(TooMany):
        await editor_name(auth, bearer("tk_" + "x" * 32))
    with pytest.raises(TooMany):
        await editor_name(auth, bearer("malformed"))
    assert len(editor_keys.asked) == asked, "it costs the store nothing"
    clock.now += TTL  # so that the right key is looked up again
    assert await editor_name(auth, bearer(RIGHT)) == "desk"
    clock.now += refusal.retry_after
    with pytest.raises(Unauthorised):
        await editor_name(auth, bearer("tk_" + "x" * 32))
