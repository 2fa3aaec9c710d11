"""Changes to items, decided without I/O: the next version, and the event that announces it.

Every function takes the item as it is and returns a ``Step``: the item as it will be, and the event
to put on the wire, or for scheduled and test items a version for the history alone.
``None`` instead of a Step means that nothing changes: the second click on Retract is harmless.
Raises Conflict where the item's state forbids the change.
"""

from __future__ import annotations

from ticker.publishing.transitions.approval import approve
from ticker.publishing.transitions.changing import change, pin, without_picture
from ticker.publishing.transitions.ending import end, expire, retract
from ticker.publishing.transitions.publication import publish, release
from ticker.publishing.transitions.step import (
    TAKEN_DOWN,
    VERSIONS_MAX,
    Permit,
    Step,
    anything,
    check_versions,
)

__all__ = [
    "TAKEN_DOWN",
    "VERSIONS_MAX",
    "Permit",
    "Step",
    "anything",
    "approve",
    "change",
    "check_versions",
    "end",
    "expire",
    "pin",
    "publish",
    "release",
    "retract",
    "without_picture",
]
