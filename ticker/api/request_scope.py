"""The scope of one request: its context, the actor, and the budgets that pay for it.

Functions that the request runs find them in context variables.
"""

from __future__ import annotations

from ticker.api.miss_budget import CHARGED
from ticker.domain.actor import ACTOR
from ticker.domain.budgets import Budgets
from ticker.domain.request_context import RequestContext
from ticker.telemetry.context import REQUEST


class RequestScope:
    """A block in which one request runs, with the tasks that it starts.

    At its beginning the request has no actor: authentication sets it. The three context variables
    are set at once, because every item that is published waits for it.
    """

    __slots__ = ("_charged", "_context", "_tokens")

    def __init__(self, context: RequestContext, budgets: Budgets | None, client: str) -> None:
        """``budgets`` are charged for what ``client`` asks; None charges nothing."""
        self._context = context
        self._charged = None if budgets is None else (budgets, client)

    def __enter__(self) -> None:
        """Begin."""
        self._tokens = REQUEST.set(self._context), ACTOR.set(None), CHARGED.set(self._charged)

    def __exit__(self, *error: object) -> None:
        """Restore what there was before."""
        request, actor, charged = self._tokens
        CHARGED.reset(charged)
        ACTOR.reset(actor)
        REQUEST.reset(request)
