"""The body and the id of a webhook message, made from an event of the lane."""

from __future__ import annotations

from ticker.domain.clock import rfc3339
from ticker.domain.event import LaneEvent
from ticker.domain.filter import Filter
from ticker.stream.window import visible


def event_id(event: LaneEvent) -> str:
    """Return the ``webhook-id``: the same for every try, so that a receiver can drop repeats."""
    return f"evt_{event.id}"


def content(event: LaneEvent, filter: Filter) -> bytes | None:
    """Return the body of ``event`` for a receiver with ``filter``, None if it does not match.

    An update that moves an item out of the filter becomes an ``expire`` without text, as it does
    for readers of the lane (PROTOCOL.md §5).
    """
    message = visible(event, filter)
    if message is None:
        return None
    action = event.action if message is event.message else "expire"
    head = f'{{"type":"item.{action}","timestamp":"{rfc3339(event.id.ms)}","data":'
    return head.encode() + message + b"}"
