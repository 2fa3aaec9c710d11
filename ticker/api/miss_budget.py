"""Charges the client of a request for what no cache could answer, long searches and large answers.

``Resource`` says whose request runs; a cache that has to render or to ask the store charges it. A
context variable connects the two, so that no cache knows of requests.
"""

from __future__ import annotations

from contextvars import ContextVar

from ticker.domain.budgets import Budgets, Kind

ANSWER_BYTES = 16_384
"""Bytes of a poll's answer that cost as much as a request: the default of 20 items is smaller."""

COMPARED = 1_000
"""Items that a poll compares with a filter or an alternative for the price of one miss."""

CHARGED: ContextVar[tuple[Budgets, str] | None] = ContextVar("request", default=None)
"""Whose budgets pay in this task; ``RequestScope`` sets it."""


def charge_miss(kind: Kind = "misses") -> None:
    """Charge one miss of ``kind``. Raises TooMany or Unavailable.

    Outside a request it does nothing.
    """
    request = CHARGED.get()
    if request is not None:
        budgets, client = request
        budgets.charge(kind, client)


def charge_answer(size: int) -> None:
    """Charge an answer of ``size`` bytes to ``requests``, beyond the request that it answers."""
    request = CHARGED.get()
    if request is not None:
        budgets, client = request
        budgets.pay("requests", client, size // ANSWER_BYTES)


def charge_search(compared: int) -> None:
    """Charge a search of so many comparisons to ``misses``, beyond the miss that it answers."""
    request = CHARGED.get()
    if request is not None:
        budgets, client = request
        budgets.pay("misses", client, compared // COMPARED)
