"""Verdicts, retry times and allowed addresses, as tables."""

from __future__ import annotations

import ipaddress

import orjson
import pytest

from tests.support.in_memory import InMemoryNewsroom
from ticker.domain.clock import parse_ms, rfc3339
from ticker.domain.filter import Filter
from ticker.domain.item import Level
from ticker.webhooks.retry_policy import (
    FAILING_MAX,
    JITTER,
    REFUSED_SCHEDULE,
    RETRY_AFTER_MAX,
    SCHEDULE,
    Decision,
    Delivered,
    Disable,
    EndpointGone,
    FailureState,
    GiveUp,
    Later,
    Refused,
    TryAgain,
    content,
    decide,
    event_id,
    filter_record,
    judge,
    read_record,
    unreachable,
    wait_ms,
)

NOW = parse_ms("2026-11-24T10:00:00Z")


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Delivered),
        (201, Delivered),
        (204, Delivered),
        (299, Delivered),
        (301, Refused),
        (302, Refused),
        (304, Refused),
        (400, Refused),
        (401, Refused),
        (404, Refused),
        (408, Later),
        (410, EndpointGone),
        (413, Refused),
        (422, Refused),
        (429, Later),
        (500, Later),
        (502, Later),
        (503, Later),
        (599, Later),
    ],
)
def test_the_verdict_of_each_status(status: int, verdict: type[object]) -> None:
    assert type(judge(status, None, 0)) is verdict


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (None, None),
        ("120", 120),
        (" 0 ", 0),
        ("999999999999", RETRY_AFTER_MAX),
        ("Tue, 24 Nov 2026 10:02:00 GMT", 120),
        ("Tue, 24 Nov 2026 09:00:00 GMT", 0),
        ("Tue, 24 Nov 2099 09:00:00 GMT", RETRY_AFTER_MAX),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
    ],
)
def test_retry_after(text: str | None, after: int | None) -> None:
    verdict = judge(429, text, NOW / 1000)
    assert isinstance(verdict, Later)
    assert verdict.after == after


def test_the_schedule_grows_with_jitter_and_stays_at_its_end() -> None:
    for failures, seconds in enumerate((*SCHEDULE, SCHEDULE[-1], SCHEDULE[-1]), 1):
        lowest, highest = (wait_ms(failures, jitter, SCHEDULE) for jitter in (0.0, 1.0))
        assert lowest == int(seconds * 1000 * (1 - JITTER))
        assert highest == int(seconds * 1000 * (1 + JITTER))
    assert wait_ms(1, 0.0, SCHEDULE, after=60) == 60_000, "never sooner than it said"
    assert wait_ms(9, 1.0, SCHEDULE, after=0) == 1_200, "and never at once"


REFUSAL = Refused("it answered 422", 422)
AWAY = Later("it answered 503", 503)
LONG_AGO = NOW - FAILING_MAX * 1000


@pytest.mark.parametrize(
    ("before", "verdict", "after", "decision"),
    [
        (FailureState(), AWAY, FailureState(1, 0, NOW), TryAgain(NOW + 5_000)),
        (FailureState(1, 0, 5), AWAY, FailureState(2, 0, 5), TryAgain(NOW + 300_000)),
        (FailureState(2, 0, NOW - 9), AWAY, FailureState(3, 0, NOW - 9), TryAgain(NOW + 1_800_000)),
        (FailureState(), REFUSAL, FailureState(1, 1, NOW), TryAgain(NOW + 10_000)),
        (FailureState(1, 1, NOW), REFUSAL, FailureState(2, 2, NOW), TryAgain(NOW + 50_000)),
        (FailureState(2, 2, NOW), REFUSAL, FailureState(0, 0, NOW), GiveUp()),
        (FailureState(2, 0, NOW), REFUSAL, FailureState(3, 1, NOW), TryAgain(NOW + 10_000)),
        (FailureState(2, 2, LONG_AGO), REFUSAL, FailureState(3, 3, LONG_AGO), Disable),
        (
            FailureState(0, 0, LONG_AGO),
            REFUSAL,
            FailureState(1, 1, LONG_AGO),
            TryAgain(NOW + 10_000),
        ),
        (FailureState(2, 0, LONG_AGO), AWAY, FailureState(3, 0, LONG_AGO), Disable),
        (FailureState(2, 0, LONG_AGO + 1), AWAY, FailureState(3, 0, LONG_AGO + 1), TryAgain),
        (FailureState(), EndpointGone(), FailureState(1, 0, NOW), Disable),
    ],
)
def test_the_decision_after_a_failure(
    before: FailureState,
    verdict: Later | Refused | EndpointGone,
    after: FailureState,
    decision: Decision | type[Decision],
) -> None:
    failure, decided = decide(before, verdict, NOW, 0.5)
    assert failure == after
    if isinstance(decision, type):
        assert type(decided) is decision
    else:
        assert decided == decision


def test_refusals_end_after_about_a_minute() -> None:
    assert len(REFUSED_SCHEDULE) == 2
    assert sum(REFUSED_SCHEDULE) == 60


def test_the_schedule_is_over_before_the_endpoint_is_disabled() -> None:
    assert sum(SCHEDULE) < FAILING_MAX


ALLOW = (ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("::1/128"))


@pytest.mark.parametrize(
    ("url", "allow", "fine"),
    [
        ("https://hooks.example/", (), True),
        ("https://hooks.example:8443/a?b=c", (), True),
        ("HTTPS://hooks.example/", (), True),
        ("https://93.184.216.34/", (), True),
        ("http://hooks.example/", (), False),
        ("http://hooks.example/", ALLOW, True),
        ("http://93.184.216.34/", ALLOW, False),
        ("http://10.1.2.3/", ALLOW, True),
        ("http://[::1]:8000/", ALLOW, True),
        ("https://10.1.2.3/", ALLOW, True),
        ("https://10.1.2.3/", (), False),
        ("https://127.0.0.1/", ALLOW, False),
        ("https://[::ffff:127.0.0.1]/", (), False),
        ("https://[64:ff9b::7f00:1]/", (), False),
        ("https://169.254.169.254/", (), False),
        ("https://0.0.0.0/", (), False),
        ("https://me@hooks.example/", (), False),
        ("https://me:secret@hooks.example/", (), False),
        ("https://hooks.example#here", (), False),
        ("https://hooks.example\\@127.0.0.1/", (), False),
        ("https://hooks.example/\u00e4", (), False),
        ("https://hooks.example/a\nb", (), False),
        ("https://hooks.example:0/", (), False),
        ("https://hooks.example:70000/", (), False),
        ("https://[::1/", (), False),
        ("https://", (), False),
        ("gopher://hooks.example/", (), False),
        ("file:///etc/passwd", (), False),
        ("//hooks.example/", (), False),
        ("https://hooks.example/" + "a" * 2_048, (), False),
    ],
)
def test_which_addresses_may_be_named(
    url: str, allow: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...], fine: bool
) -> None:
    assert (unreachable(url, allow) is None) is fine


def test_the_body_for_a_receiver() -> None:
    event = InMemoryNewsroom().publish("Ferry runs")
    body = content(event, Filter())
    assert body is not None
    sent = orjson.loads(body)
    assert sent["type"] == "item.publish"
    assert sent["timestamp"] == rfc3339(event.id.ms)
    assert sent["data"] == orjson.loads(event.message)
    assert sent["data"]["item"]["headline"] == "Ferry runs"
    assert event_id(event) == f"evt_{event.id}"
    assert content(event, Filter(editions=frozenset({"xx"}))) is None


def test_a_removal_has_no_text() -> None:
    room = InMemoryNewsroom()
    event = room.publish("Ferry runs")
    body = content(room.retract(event.item_id), Filter())
    assert body is not None
    assert b"Ferry" not in body
    assert orjson.loads(body)["type"] == "item.retract"


def test_an_update_out_of_the_filter_becomes_expire() -> None:
    room = InMemoryNewsroom()
    event = room.publish("Ferry runs", sections=["health"])
    moved = room.change(event.item_id, sections=["economy"])
    body = content(moved, Filter(sections=frozenset({"health"})))
    assert body is not None
    assert b"Ferry" not in body
    assert orjson.loads(body)["type"] == "item.expire"
    assert orjson.loads(body)["data"]["action"] == "expire"


@pytest.mark.parametrize(
    "filter",
    [
        Filter(),
        Filter(editions=frozenset({"en", "ar"}), level=int(Level.urgent)),
        Filter(
            sections=frozenset({"health"}),
            regions=frozenset({"asia"}),
            tags=frozenset({"a b"}),
            stories=frozenset({"s-1"}),
        ),
    ],
)
def test_a_filter_is_kept_as_it_was(filter: Filter) -> None:
    assert read_record(orjson.loads(orjson.dumps(filter_record(filter)))) == filter
