"""Spans that the SDK's own exporter keeps in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ticker.telemetry import traces


class Spans:
    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    @property
    def all(self) -> tuple[ReadableSpan, ...]:
        return self._exporter.get_finished_spans()

    def one(self, name: str) -> ReadableSpan:
        """Return the only span of this name."""
        [found] = [span for span in self.all if span.name == name]
        return found

    @staticmethod
    def trace_id(span: ReadableSpan) -> int:
        assert span.context is not None
        return int(span.context.trace_id)

    @staticmethod
    def is_child(span: ReadableSpan, parent: ReadableSpan) -> bool:
        assert parent.context is not None
        return span.parent is not None and span.parent.span_id == parent.context.span_id


@contextmanager
def kept_spans() -> Iterator[Spans]:
    """Make traces in this block, and keep them."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    traces.install(provider)
    try:
        yield Spans(exporter)
    finally:
        traces.install(None)
        provider.shutdown()
