"""Calls of a resume: after an outage thousands of readers come back at once."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import ticker
from tests.gateway.gateway_server import gateway_server
from tests.gateway.test_websocket import UPGRADE
from tests.support.in_memory import EPOCH, at
from ticker.domain.cursor import Cursor

CALLS_MAX = 100
"""Python calls of the gateway from the accepted connection to the replay; 98 in November 2026."""

_CODE = str(Path(ticker.__file__).parent)
_PER_TURN = {"FairQueue.__len__", "AdmissionQueue._turn"}
"""Called in each turn of the event loop, and the number of turns is chance."""


async def test_a_resume_takes_few_calls() -> None:
    calls: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(_CODE):
            calls[code.co_qualname] += code.co_qualname not in _PER_TURN

    async with gateway_server() as s:
        s.hub.advance([s.news.publish(), s.news.publish()])
        request = UPGRADE.replace(b"ws ", b"ws?after=%s " % str(Cursor(EPOCH, at(1))).encode())
        async with s.raw(request) as first, s.raw(request) as second:
            for one in (first, second):  # what all have in common is prepared for the first two
                await one.read_until(b'"type":"item"')
            gc.disable()
            sys.setprofile(note)
            try:
                async with s.raw(request) as raw:
                    await raw.read_until(b'"type":"item"')
                    sys.setprofile(None)
            finally:
                sys.setprofile(None)
                gc.enable()
    assert calls["owner"] == 1
    assert 50 < calls.total() <= CALLS_MAX, calls
