"""The audit on the command line, and its export."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Newsroom

pytestmark = pytest.mark.processes


def test_the_audit_is_listed_chosen_and_exported(newsroom: Newsroom) -> None:
    id = newsroom.publish("Minister opens the new bridge")
    newsroom.ticker("retract", id, "--reason", "It is closed")
    rows = newsroom.ticker("audit", "--item", id).out.splitlines()
    assert ["retract" in row for row in rows] == [True, False]
    assert "It is closed" in rows[0]
    exported = newsroom.ticker("audit", "--item", id, "-n", "0", "--json").out.splitlines()
    assert [json.loads(row)["action"] for row in exported] == ["retract", "publish"]
    assert len(newsroom.ticker("audit", "-n", "1").out.splitlines()) == 1
    assert newsroom.ticker("audit", "--action", "nothing").out == ""
    assert newsroom.ticker("audit", "--since", "soonish").code == 2
