"""An endpoint and its delivery state, as they are stored."""

from __future__ import annotations

from dataclasses import replace

from ticker.domain.cursor import StreamId
from ticker.domain.filter import Filter
from ticker.webhooks.endpoint import Endpoint, State, new_endpoint
from ticker.webhooks.retry_policy import FailureState
from ticker.webhooks.signature import Secret, new_secret

NOW = 1_800_000_000_000
FILTER = Filter(editions=frozenset({"en"}), level=1)


def endpoint(*secrets: Secret) -> Endpoint:
    made = new_endpoint("https://hooks.example/", FILTER, "x", new_secret(bytes(64)), "ana", NOW)
    return replace(made, secrets=secrets) if secrets else made


def test_an_endpoint_is_read_as_it_was_stored() -> None:
    made = endpoint(
        new_secret(bytes(64), asymmetric=True), replace(new_secret(bytes(64)), until_ms=9)
    )
    assert Endpoint.read(made.record()) == made
    assert "whsec_" not in repr(made)
    assert endpoint().id != made.id


def test_a_secret_is_valid_until_its_time() -> None:
    current = new_secret(bytes(64))
    old = replace(current, until_ms=NOW)
    assert endpoint(current, old).valid(NOW - 1) == (current, old)
    assert endpoint(current, old).valid(NOW) == (current,)


def test_a_state_is_read_from_the_fields_that_are_there() -> None:
    assert State.read({}) == State()
    fields = {b"cursor": b"5-1", b"failures": b"3", b"last_error": b"it answered 500"}
    failure = FailureState(3, 0, None)
    assert State.read(fields) == State(
        StreamId(5, 1), failure=failure, last_error="it answered 500"
    )
