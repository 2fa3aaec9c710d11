"""The audit on the command line, and its export."""

from __future__ import annotations

import getpass
import json
import platform

import pytest

from tests.cli.conftest import Newsroom
from ticker.cli.audit import item_changes

pytestmark = pytest.mark.processes


def test_the_audit_is_listed_chosen_and_exported(newsroom: Newsroom) -> None:
    id = newsroom.publish("Minister opens the new bridge")
    newsroom.ticker(
        "correct", id, "Minister closes the new bridge", "--correction", "It was the other"
    )
    changed = 'headline "Minister opens the new bridge", now "Minister closes the new bridge"'
    corrected, made = newsroom.ticker("audit", "--item", id).out.splitlines()
    assert corrected.endswith(f'\tcorrection "It was the other"; {changed}')
    assert made.endswith('\theadline "Minister opens the new bridge"; level ticker')
    newsroom.ticker("retract", id, "--reason", "It is closed")
    rows = newsroom.ticker("audit", "--item", id).out.splitlines()
    assert rows.pop(1).endswith("\tcorrection, headline (text not kept)")
    assert ["retract" in row for row in rows] == [True, False]
    assert "It is closed" in rows[0]
    exported = newsroom.ticker("audit", "--item", id, "-n", "0", "--json").out.splitlines()
    assert [json.loads(row)["action"] for row in exported] == ["retract", "correct", "publish"]
    assert [row.split("\t")[0] for row in rows] == [json.loads(exported[n])["at"] for n in (0, 2)]
    assert len(newsroom.ticker("audit", "-n", "1").out.splitlines()) == 1
    nothing = newsroom.ticker("audit", "--action", "nothing")
    assert (nothing.out, nothing.err) == ("", "No entries found.\n")
    assert newsroom.ticker("audit", "--since", "soonish").code == 2
    later = newsroom.publish("Bridge opens", "--at", "2099-01-01T10:00:00Z", "--force")
    [scheduled] = newsroom.ticker("audit", "--item", later, "--action", "schedule").out.splitlines()
    assert scheduled in newsroom.ticker("audit", "--action", "publish").out
    assert scheduled.split("\t")[2] == "schedule"
    newsroom.ticker("retract", later)
    key = json.loads(newsroom.ticker("keys", "create", "Harbour", "--edition", "en", "--json").out)
    newsroom.ticker("keys", "revoke", key["id"])
    revoked, made = newsroom.ticker("audit", "-n", "2").out.splitlines()
    for row, action in ((made, "create_key"), (revoked, "revoke_key")):
        assert f"/v1/keys/{key['id']}" in row
        assert action in row
    assert "editions en; name Harbour; role chief" in made
    [entry] = [
        json.loads(row) for row in newsroom.ticker("audit", "-n", "1", "--json").out.splitlines()
    ]
    assert (entry["by"], entry["address"], entry["role"]) == (
        getpass.getuser(),
        platform.node(),
        "",
    )


def test_values_before_and_after_are_short_and_in_their_order() -> None:
    entry = {
        "reason": "سبب",
        "changes": {
            "headline": {"before": "سطر\nأول", "after": "سطر ثانٍ"},
            "pinned": {"before": False, "after": True},
            "summary": {"before": "word " * 40, "after": None},
            "tags": {"before": ["port", "ferry"], "after": []},
        },
        "hashes": {"headline": {}, "speaker": {}, "summary": {}},
    }
    assert item_changes(entry).split("; ") == [
        "سبب",
        'headline "سطر أول", now "سطر ثانٍ"',
        "pinned no, now yes",
        f'summary "{"word " * 11}word…", now none',
        "tags port, ferry, now none",
        "speaker (text not kept)",
    ]
