"""The cases for clients: each is a rule of PROTOCOL.md for readers, with a recorded server.

A module has the cases of one subject of PROTOCOL.md; they run in the order of its sections.
"""

from __future__ import annotations

from ticker.conformance.client_cases.actions import ACTIONS
from ticker.conformance.client_cases.closing import CLOSING
from ticker.conformance.client_cases.connecting import CONNECTING
from ticker.conformance.client_cases.messages import MESSAGES
from ticker.conformance.client_cases.several_subscriptions import SEVERAL_SUBSCRIPTIONS

CLIENT_CASES = (*CONNECTING, *MESSAGES, *ACTIONS, *SEVERAL_SUBSCRIPTIONS, *CLOSING)
