"""Traces by OpenTelemetry, with the extra ``ticker[otel]`` and the setting ``otlp_url``; else off.

Spans: the editor's operation (``publish``), ``commit``, ``carry``, ``tail``, ``fan-out``,
``push page``, ``webhook delivery``. The request context carries the trace from process to process.
While it is off, ``span`` returns an object that does nothing.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, TypeAlias

from ticker import __version__
from ticker.domain.extras import install_command
from ticker.domain.request_context import RequestContext
from ticker.telemetry import context as request
from ticker.telemetry.logs import PROCESS_VARIABLE

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

log = logging.getLogger(__name__)

Value: TypeAlias = str | int | float
TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C Trace Context, version 00."""

_OFF: AbstractContextManager[None] = nullcontext()


class _State:
    tracer: Tracer | None = None


def configure(url: str | None, process: str) -> None:
    """Send this process's spans to ``url``, an OTLP receiver by HTTP; None switches traces off.

    ``process`` is the role, unless a supervisor has given this process a name.

    The SDK reads its ``OTEL_…`` variables, such as ``OTEL_TRACES_SAMPLER``, and sends from a thread
    of its own in batches of bounded number. Spans that it cannot send are lost.
    """
    if url is None:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.error("traces are off: otlp_url needs OpenTelemetry (%s)", install_command("otel"))
        return
    attributes = {
        "service.name": "ticker",
        "service.version": __version__,
        "service.instance.id": os.environ.get(PROCESS_VARIABLE) or process,
    }
    provider = TracerProvider(resource=Resource.create(attributes))
    exporter = OTLPSpanExporter(endpoint=f"{url.rstrip('/')}/v1/traces", timeout=5)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    install(provider)


def install(provider: TracerProvider | None) -> None:
    """Make spans with ``provider``; None switches traces off."""
    _State.tracer = None if provider is None else provider.get_tracer("ticker", __version__)


def on() -> bool:
    """Tell whether spans are made."""
    return _State.tracer is not None


def span(name: str, **attributes: Value) -> AbstractContextManager[None]:
    """Return a span around a block, a child of the running span or of the request context's."""
    tracer = _State.tracer
    return _OFF if tracer is None else _span(tracer, name, attributes)


def annotate(**attributes: Value) -> None:
    """Add attributes to the running span."""
    if _State.tracer is not None:
        from opentelemetry import trace

        trace.get_current_span().set_attributes(attributes)


@contextmanager
def _span(tracer: Tracer, name: str, attributes: dict[str, Value]) -> Iterator[None]:
    from opentelemetry import trace

    running = trace.get_current_span().get_span_context().is_valid
    known = request.current()
    parent = None if running or known is None else _parent(known)
    with tracer.start_as_current_span(name, context=parent, attributes=attributes) as made:
        if known is not None:
            made.set_attribute("ticker.request", known.id)
        yield


def record(
    name: str, context: RequestContext, start_ms: float, end_ms: float, **attributes: Value
) -> None:
    """Make a span of something that has happened, between two times in ms since 1970."""
    tracer = _State.tracer
    if tracer is None or not context.trace:
        return
    made = tracer.start_span(
        name,
        context=_parent(context),
        attributes=attributes | {"ticker.request": context.id},
        start_time=int(start_ms * 1e6),
    )
    made.end(end_time=int(max(start_ms, end_ms) * 1e6))


def traceparent() -> str:
    """Return the running span as W3C ``traceparent``, empty without one."""
    if _State.tracer is None:
        return ""
    from opentelemetry import trace

    found = trace.get_current_span().get_span_context()
    if not found.is_valid:
        return ""
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{int(found.trace_flags):02x}"


def incoming(header: str) -> str:
    """Return a request's ``traceparent`` if it can be continued, else an empty text."""
    return header if on() and TRACEPARENT.fullmatch(header) else ""


def _parent(context: RequestContext) -> Context | None:
    from opentelemetry import trace

    if not TRACEPARENT.fullmatch(context.trace):
        return None
    _, trace_id, span_id, flags = context.trace.split("-")
    found = trace.SpanContext(
        int(trace_id, 16), int(span_id, 16), True, trace.TraceFlags(int(flags, 16))
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(found))
