"""The request context of the running task. Logs show its id; commits put it on the wire."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ticker.domain.request_context import RequestContext

REQUEST: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)
"""The context of the running request; ``request_context`` sets it."""


def new_id() -> str:
    """Return a random id of a request."""
    return os.urandom(8).hex()


def current() -> RequestContext | None:
    """Return the context of this task, None outside of a request."""
    return REQUEST.get()


@contextmanager
def request_context(context: RequestContext | None) -> Iterator[None]:
    """Run the block, and the tasks that it starts, in ``context``."""
    token = REQUEST.set(context)
    try:
        yield
    finally:
        REQUEST.reset(token)
