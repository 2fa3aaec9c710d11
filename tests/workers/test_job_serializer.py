"""Jobs in arq's queue are JSON."""

from __future__ import annotations

import orjson

from workers.job_serializer import serialize


def test_jobs_are_json() -> None:
    assert orjson.loads(serialize({"f": "sweep", "a": [1], "k": {}})) == {
        "f": "sweep",
        "a": [1],
        "k": {},
    }


def test_an_exception_becomes_text() -> None:
    assert orjson.loads(serialize({"r": ValueError("no")})) == {"r": "ValueError('no')"}
