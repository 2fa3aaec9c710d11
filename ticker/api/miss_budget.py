"""Charges the client of a request for what no cache could answer.

``Resource`` says whose request runs; a cache that has to render or to ask the store charges it. A
context variable connects the two, so that no cache knows of requests.
"""

from __future__ import annotations

from contextvars import ContextVar

from ticker.domain.budgets import Budgets

_request: ContextVar[tuple[Budgets, str] | None] = ContextVar("request", default=None)


def begin_request(budgets: Budgets, client: str) -> None:
    """Charge misses in this task, and in tasks that it starts, to ``client``."""
    _request.set((budgets, client))


def charge_miss() -> None:
    """Charge one miss. Raises TooMany or Unavailable; outside a request it does nothing."""
    request = _request.get()
    if request is not None:
        budgets, client = request
        budgets.charge("misses", client)
