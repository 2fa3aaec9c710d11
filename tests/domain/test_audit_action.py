"""An action is called in the audit what it came to."""

from __future__ import annotations

import pytest

from ticker.domain.audit_action import action_of


@pytest.mark.parametrize(
    ("action", "state", "name"),
    [
        ("publish", "live", "publish"),
        ("publish", "scheduled", "schedule"),
        ("publish", "draft", "draft"),
        ("publish", "test", "test"),
        ("publish", "", "publish"),
        ("approve", "scheduled", "approve"),
        ("retract", "retracted", "retract"),
        ("create_key", "", "create_key"),
    ],
)
def test_an_action_is_called_what_it_came_to(action: str, state: str, name: str) -> None:
    assert action_of(action, state) == name
