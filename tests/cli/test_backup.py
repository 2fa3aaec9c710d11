"""``ticker backup`` and ``ticker restore`` against a running newsroom."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Newsroom
from tests.support.waiting import wait_until_sync


def test_a_running_newsroom_is_backed_up_and_put_back(newsroom: Newsroom, tmp_path: Path) -> None:
    kept = newsroom.publish("In the backup")
    withdrawn = newsroom.publish("Retracted after the backup")
    file = tmp_path / "newsroom.backup"
    made = newsroom.ticker("backup", str(file), "--json")
    assert made.code == 0, made.out + made.err
    checked = newsroom.ticker("backup", str(file), "--verify", "--json")
    assert checked.json == made.json
    lost = newsroom.publish("Lost in the restore")
    assert newsroom.ticker("retract", withdrawn, "--reason", "wrong").code == 0

    refused = newsroom.ticker("restore", str(file))
    assert refused.code == 1
    assert "--force" in refused.err
    done = newsroom.ticker("restore", str(file), "--force", "--json")
    assert done.code == 0, done.out + done.err
    assert done.json["lost"] >= 2
    assert done.json["retracted"] == 1
    assert done.json["keys_revoked"] == 0
    assert not done.json["access_of_backup"]
    found = wait_until_sync(newsroom.listed, lambda items: lost not in items)
    assert kept in found
    assert withdrawn not in found


def test_a_damaged_file_is_named(newsroom: Newsroom, tmp_path: Path) -> None:
    file = tmp_path / "other"
    file.write_text("no backup")
    for command in (("backup", str(file), "--verify"), ("restore", str(file), "--force")):
        refused = newsroom.ticker(*command)
        assert refused.code == 1
        assert "damaged" in refused.err
    missing = newsroom.ticker("restore", str(tmp_path / "missing"))
    assert (missing.code, "No such file" in missing.err) == (1, True)
