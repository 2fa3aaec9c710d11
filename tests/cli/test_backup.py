"""``ticker backup`` and ``ticker restore`` against a running newsroom."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.cli.conftest import Newsroom
from tests.support.waiting import wait_until_sync
from ticker.runtime.data_directory import read_run
from ticker.storage.connection import connect
from ticker.storage.scripts import command


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
    for words in (("backup", str(file), "--verify"), ("restore", str(file), "--force")):
        refused = newsroom.ticker(*words)
        assert refused.code == 1
        assert "the file is no backup" in refused.err
    missing = newsroom.ticker("restore", str(tmp_path / "missing"))
    assert (missing.code, "No such file" in missing.err) == (1, True)


def test_a_user_without_the_right_is_named(newsroom: Newsroom, tmp_path: Path) -> None:
    """It was "cannot be reached", with the advice to start Redis."""
    run = read_run(newsroom.data)
    assert run is not None
    reader = run["redis_url"].replace("unix://", "unix://reader:secret@")
    asyncio.run(_user(run["redis_url"], "reader", "on", ">secret", "~*", "+ping"))
    refused = newsroom.ticker("backup", str(tmp_path / "a.backup"), TICKER_REDIS_URL=reader)
    asyncio.run(_user(run["redis_url"], "reader", "off"))
    assert refused.code == 1
    assert refused.err.startswith("✗ The database refuses this user\n"), refused.err
    assert "NOPERM" in refused.err
    assert "`ticker acl`" in refused.err
    assert "secret" not in refused.err


async def _user(url: str, *rules: str) -> None:
    redis = connect(url)
    await command(redis, "ACL", "SETUSER", *rules)
    await redis.aclose()
