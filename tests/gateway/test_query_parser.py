"""Subscriptions in a URL query: known, ignored and unreadable parts."""

from __future__ import annotations

import re

import pytest

from tests.support.in_memory import EPOCH, TAXONOMY, at
from ticker.domain.cursor import UNREADABLE, Cursor
from ticker.domain.errors import BadFilter, BadRequest
from ticker.gateway.query_parser import QueryParser, Subscription

OLD, NEW = Cursor(EPOCH, at(1)), Cursor(EPOCH, at(2))


@pytest.mark.parametrize(
    ("query", "header", "after"),
    [
        ("", None, None),
        ("after=", "", None),
        (f"after={OLD}", None, OLD),
        (f"after={OLD}", str(NEW), NEW),
        (f"after={OLD}&lastEventId={NEW}", None, NEW),
        (f"lastEventId={NEW}&after={OLD}", None, NEW),
        (f"Last-Event-ID={NEW}", None, NEW),
        (f"last_event_id={OLD}", str(NEW), NEW),
        (f"after={OLD}&after={NEW}", None, NEW),
        (f"lastEventId={OLD}&lastEventId={NEW}", None, NEW),
        ("after=nonsense", None, UNREADABLE),
        ("after=" + "9" * 200, None, UNREADABLE),
        ("after=17", "42", UNREADABLE),
    ],
)
def test_the_cursor_of_a_client_that_comes_back(
    query: str, header: str | None, after: Cursor | None
) -> None:
    assert QueryParser(TAXONOMY).from_query(query, header).after == after


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("edition=en&Section=politics&BACKLOG=3", ""),
        ("_=1&t=2&cb=3&nocache=4&utm_source=x&fbclid=y", ""),
        ("secton=politics", "'secton' (did you mean section?)"),
        ("back_log=3", "(did you mean backlog?)"),
        ("not-tag=x", "(did you mean not.tag?)"),
        ("sub-1=x", "any, sub.N"),
        ("a=1&b=2&c=3&d=4", "'a', 'b', 'c'"),
        ("x" * 3_000 + "=1", "'" + "x" * 64 + "'"),
    ],
)
def test_an_unknown_parameter_is_ignored_and_told(query: str, told: str) -> None:
    parser = QueryParser(TAXONOMY)
    warning = parser.from_query(query).warning
    assert told in warning
    assert bool(told) is bool(warning)
    assert "'d'" not in warning


@pytest.mark.parametrize("query", ["section=gossip", "backlog=many", "tag=" + "x" * 5_000])
def test_a_known_parameter_with_a_wrong_value_is_refused(query: str) -> None:
    with pytest.raises(BadRequest):
        QueryParser(TAXONOMY).from_query(query)


@pytest.mark.parametrize(
    "beside", ["edition=en", "not.tag=x", "level=flash", "any=section%3Dpolitics"]
)
def test_a_filter_beside_several_subscriptions_is_refused(beside: str) -> None:
    """It would concern none of them, and the reader would get more than it asked for."""
    name = beside.partition("=")[0]
    with pytest.raises(BadFilter, match=re.escape(f"{name} beside sub.N")):
        QueryParser(TAXONOMY).from_query(f"{beside}&sub.1=section%3Dpolitics")


def test_an_error_names_the_subscription_that_is_wrong() -> None:
    parser = QueryParser(TAXONOMY)
    for query, sub in (
        ("sub.1=&sub.7=edition%3Dxx", 7),
        ("sub.3=backlog%3D1000", 3),
        ("edition=xx", None),
        ("sub.99=", None),
    ):
        with pytest.raises(BadRequest) as raised:
            parser.from_query(query)
        assert raised.value.sub == sub
    for message, sub in (
        (b'{"type":"subscribe","id":4,"filter":{"edition":"xx"}}', 4),
        (b'{"type":"subscribe","filter":{"edition":"xx"}}', None),
    ):
        with pytest.raises(BadRequest) as raised:
            parser.from_message(message)
        assert raised.value.sub == sub


def test_a_cursor_and_empty_parameters_may_stand_beside_several_subscriptions() -> None:
    found = QueryParser(TAXONOMY).from_query(f"after={OLD}&edition=&backlog=3&sub.1=")
    assert found.after == OLD


def test_a_message_with_an_unreadable_cursor_asks_for_a_reset() -> None:
    subscription = QueryParser(TAXONOMY).from_message('{"type":"subscribe","after":"x"}')
    assert isinstance(subscription, Subscription)
    assert subscription.after == UNREADABLE
