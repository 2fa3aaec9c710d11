"""Keys: one question to the store, then memory, for five seconds and within a bound."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from tests.support.clock import FakeClock
from ticker.api.auth import KNOWN_MAX, TTL, WRONG_MAX, Auth
from ticker.domain.errors import Unauthorised, Unavailable

RIGHT = "tk_" + "R" * 32


class Books:
    """Editors by key; counts how often it is asked."""

    def __init__(self) -> None:
        self.names = {RIGHT: "desk"}
        self.asked: list[str] = []
        self.away = False

    async def verify(self, secret: str) -> str | None:
        self.asked.append(secret)
        if self.away:
            raise Unavailable("the store does not answer")
        return self.names.get(secret)


def request(header: str | None) -> Request:
    headers = [] if header is None else [(b"authorization", header.encode("latin-1"))]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers})


def bearer(secret: str) -> Request:
    return request(f"Bearer {secret}")


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def auth(books: Books, clock: FakeClock) -> Auth:
    return Auth(books, clock)


async def test_a_right_key_is_asked_for_once(auth: Auth, books: Books) -> None:
    for _ in range(10):
        assert await auth.editor(bearer(RIGHT)) == "desk"
    assert len(books.asked) == 1


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_has_no_case(auth: Auth, scheme: str) -> None:
    assert await auth.editor(request(f"{scheme}  {RIGHT} ")) == "desk"


async def test_a_wrong_key_is_asked_for_once(auth: Auth, books: Books) -> None:
    for _ in range(10):
        with pytest.raises(Unauthorised):
            await auth.editor(bearer("tk_" + "w" * 32))
    assert len(books.asked) == 1


@pytest.mark.parametrize(
    "header", [None, "", "Bearer x", "Bearer tk_" + "a" * 33, "Basic " + RIGHT, RIGHT, "Bearer\t"]
)
async def test_what_cannot_be_a_key_is_not_asked_for(
    auth: Auth, books: Books, header: str | None
) -> None:
    with pytest.raises(Unauthorised):
        await auth.editor(request(header))
    assert books.asked == []


async def test_a_revoked_key_ends_within_the_ttl(
    auth: Auth, books: Books, clock: FakeClock
) -> None:
    await auth.editor(bearer(RIGHT))
    books.names.clear()
    clock.now += TTL - 0.1
    assert await auth.editor(bearer(RIGHT)) == "desk"
    clock.now += 0.2
    with pytest.raises(Unauthorised):
        await auth.editor(bearer(RIGHT))
    assert TTL <= 5


async def test_the_ttl_counts_from_before_the_question(books: Books, clock: FakeClock) -> None:
    """The store read the key, then it was revoked, then the answer arrived late."""

    class Late(Books):
        async def verify(self, secret: str) -> str | None:
            name = await super().verify(secret)
            clock.now += 4
            return name

    late = Late()
    auth = Auth(late, clock)
    await auth.editor(bearer(RIGHT))
    late.names.clear()
    clock.now += TTL - 4
    with pytest.raises(Unauthorised):
        await auth.editor(bearer(RIGHT))


async def test_a_new_key_works_once_its_refusal_is_forgotten(
    auth: Auth, books: Books, clock: FakeClock
) -> None:
    secret = "tk_" + "n" * 32
    with pytest.raises(Unauthorised):
        await auth.editor(bearer(secret))
    books.names[secret] = "new"
    clock.now += TTL
    assert await auth.editor(bearer(secret)) == "new"


async def test_a_flood_of_wrong_keys_is_bounded_and_pushes_no_right_one_out(
    auth: Auth, books: Books
) -> None:
    await auth.editor(bearer(RIGHT))
    for n in range(WRONG_MAX + 500):
        with pytest.raises(Unauthorised):
            await auth.editor(bearer(f"tk_{n:032}"))
    assert len(auth) == WRONG_MAX + 1
    assert await auth.editor(bearer(RIGHT)) == "desk"
    assert books.asked.count(RIGHT) == 1


async def test_right_keys_are_bounded_too(auth: Auth, books: Books) -> None:
    for n in range(KNOWN_MAX + 10):
        books.names[f"tk_{n:032}"] = f"editor {n}"
        await auth.editor(bearer(f"tk_{n:032}"))
    assert len(auth) == KNOWN_MAX


async def test_a_store_that_is_away_is_no_wrong_key(auth: Auth, books: Books) -> None:
    books.away = True
    with pytest.raises(Unavailable):
        await auth.editor(bearer(RIGHT))
    books.away = False
    assert await auth.editor(bearer(RIGHT)) == "desk"
