"""One trace through all processes, received by OTLP over HTTP."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.http_server import Answer, Asked, ScriptedServer, listening
from tests.support.newsroom_process import running
from tests.support.redis_servers import RedisServer
from tests.support.waiting import wait_until
from ticker.client import Snapshot, Ticker

pytestmark = pytest.mark.processes

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
STAGES = {"publish", "commit", "carry", "tail", "fan-out", "webhook delivery"}


class Collector(ScriptedServer):
    """An OTLP receiver, and the endpoint of a webhook."""

    def __init__(self) -> None:
        super().__init__([])
        self.spans: dict[str, list[Any]] = defaultdict(list)
        self.services: set[str] = set()

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/v1/traces":
            request = ExportTraceServiceRequest.FromString(asked.body)
            for resource in request.resource_spans:
                facts = {one.key: one.value.string_value for one in resource.resource.attributes}
                self.services.add(facts["service.instance.id"])
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        self.spans[span.trace_id.hex()].append(span)
        return Answer(200, b"")

    def names(self) -> set[str]:
        return {span.name for span in self.spans[TRACE]}


async def test_a_trace_goes_from_the_editor_to_the_screen_and_the_webhook(
    valkey: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    async with (
        listening(Collector()) as collector,
        running(
            valkey.url,
            tmp_path,
            otlp_url=collector.url,
            outbound_private_networks='["127.0.0.0/8"]',
        ) as newsroom,
        Ticker(newsroom.url) as feed,
    ):
        assert isinstance(await anext(feed), Snapshot)
        headers = {"authorization": f"Bearer {newsroom.key}"}
        endpoint = {"url": f"{collector.url}/hook"}
        answer = await newsroom.http.post("/v1/webhooks", json=endpoint, headers=headers)
        assert answer.status_code == 201, answer.text
        await newsroom.http.get("/v1/items")  # anybody's request is not traced
        headers["traceparent"] = f"00-{TRACE}-00f067aa0ba902b7-01"
        draft = {"headline": "Ferry service resumes", "edition": "en"}
        answer = await newsroom.http.post("/v1/items", json=draft, headers=headers)
        assert answer.status_code == 201, answer.text
        await anext(feed)
        await wait_until(collector.names, lambda found: found >= STAGES)
        spans = {span.name: span for span in collector.spans[TRACE]}
        assert spans["publish"].parent_span_id.hex() == "00f067aa0ba902b7"
        for name in STAGES - {"publish"}:
            assert spans[name].parent_span_id == spans["publish"].span_id, name
        assert {"gateway", "web", "worker"} <= collector.services
        others = {
            span.name for id, found in collector.spans.items() for span in found if id != TRACE
        }
        assert others <= {"add_webhook", "release", "expire"}
        page = (await newsroom.http.get("/v1/items")).text
        assert TRACE not in page
        assert "traceparent" not in page
