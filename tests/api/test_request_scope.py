"""The context, the actor and the budgets of a request begin and end with its block."""

from __future__ import annotations

import pytest

from ticker.api.miss_budget import CHARGED
from ticker.api.request_scope import RequestScope
from ticker.domain.actor import Actor, act_as, current_actor
from ticker.domain.request_context import RequestContext
from ticker.telemetry.context import current

OUTER, INNER = RequestContext(1, "outer"), RequestContext(2, "inner")


def test_a_request_within_another_leaves_it_as_it_was() -> None:
    with RequestScope(OUTER, None, "192.0.2.1"):
        act_as(Actor("Ben"))
        with RequestScope(INNER, None, "192.0.2.2"):
            assert (current(), current_actor(), CHARGED.get()) == (INNER, None, None)
            act_as(Actor("Eva"))
        assert (current(), current_actor()) == (OUTER, Actor("Ben"))
    assert (current(), current_actor()) == (None, None)


def test_a_request_that_fails_ends_as_well() -> None:
    with pytest.raises(ZeroDivisionError), RequestScope(OUTER, None, ""):
        raise ZeroDivisionError
    assert (current(), current_actor()) == (None, None)
