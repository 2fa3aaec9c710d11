"""Traces in one process, by the SDK's in-memory exporter."""

from __future__ import annotations

import logging
import sys

import pytest

from tests.support.drafts import draft
from tests.support.spans import Spans, kept_spans
from ticker.domain.request_context import RequestContext, context_of
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.telemetry import traces
from ticker.telemetry.context import request_context

PARENT = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


def test_without_the_setting_nothing_is_made() -> None:
    traces.configure(None, "server")
    assert not traces.on()
    assert traces.span("a", x=1) is traces.span("b")
    with traces.span("a"):
        assert traces.traceparent() == ""
    traces.record("a", RequestContext(1, "x", PARENT), 1, 2)
    assert traces.incoming(PARENT) == ""


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with caplog.at_level(logging.ERROR):
        traces.configure("http://127.0.0.1:4318", "server")
    assert "ticker[otel]" in caplog.text
    assert not traces.on()


async def test_a_commit_is_part_of_the_request_and_its_trace_is_on_the_wire(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    with (
        kept_spans() as spans,
        request_context(RequestContext(5, "one", traces.incoming(PARENT))),
        traces.span("publish"),
    ):
        await items.publish(draft(), by="ana")
    publish, commit = spans.one("publish"), spans.one("commit")
    assert Spans.trace_id(publish) == int("a" * 32, 16)
    assert publish.parent is not None
    assert publish.parent.span_id == int("b" * 16, 16)
    assert Spans.is_child(commit, publish)
    assert (commit.attributes or {})["ticker.request"] == "one"
    [(_, record)] = await command(redis, "XRANGE", keys.wire, "-", "+")
    context = context_of(record)
    assert context is not None
    assert publish.context is not None
    assert context.trace == f"00-{'a' * 32}-{publish.context.span_id:016x}-01"


def test_what_has_happened_is_recorded_with_its_times() -> None:
    with kept_spans() as spans:
        traces.record(
            "tail", RequestContext(1, "x", PARENT), 1_000, 1_002.5, **{"ticker.event": "1-0"}
        )
        traces.record("tail", RequestContext(1, "x"), 1_000, 1_002)  # not traced
        traces.record("tail", RequestContext(1, "x", PARENT.replace("b", "0")), 5, 1)
    first, second = spans.all
    assert (first.start_time, first.end_time) == (1_000_000_000, 1_002_500_000)
    assert Spans.trace_id(first) == int("a" * 32, 16)
    assert second.start_time == second.end_time, "a clock that is behind makes no negative span"
    assert second.parent is None, "no valid parent"


@pytest.mark.parametrize(
    "header", ["", "x", PARENT.upper(), PARENT + "-00", "01" + PARENT[2:], PARENT.replace("a", "0")]
)
def test_only_a_valid_parent_is_continued(header: str) -> None:
    with kept_spans():
        assert traces.incoming(PARENT) == PARENT
        assert traces.incoming(header) == ""
