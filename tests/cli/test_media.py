"""Pictures on the command line: uploaded, named by items, and taken down."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Newsroom
from tests.support.pictures import CAPTION, saved, striped, tagged

pytestmark = pytest.mark.processes


def test_a_picture_from_its_upload_to_its_end(newsroom: Newsroom, tmp_path: Path) -> None:
    file = tmp_path / "quay.jpg"
    file.write_bytes(tagged())
    untold = newsroom.ticker("media", "upload", str(file))
    assert (untold.code, CAPTION in untold.err) == (1, True)
    texts = ("--alt", "A ferry at the quay", "--credit", "Jane Doe")
    made = newsroom.ticker("media", "upload", str(file), *texts, "--json").json
    id = made["id"]
    shown = newsroom.ticker("media", "show", id).out
    assert "A ferry at the quay" in shown
    assert "no item has named it" in shown
    rows = [row.split("\t") for row in newsroom.ticker("media", "list").out.splitlines()]
    [columns] = [row for row in rows if row[0] == id]
    assert columns[3:] == ["unused", "A ferry at the quay", "Jane Doe"]
    item = newsroom.publish("Ferry returns to the quay", "--media", id)
    given = ("--media", str(file), "--alt", "The quay", "--credit", "City desk")
    draft = newsroom.ticker("draft", "Ferry at night", "-e", "en", *given, "--json").json["item"]
    assert [(one["id"], one["alt"], one["credit"]) for one in draft["media"]] == [
        (id, "The quay", "City desk")
    ]
    changed = newsroom.ticker("media", "change", id, "--alt", "The old ferry").out
    assert "The old ferry" in changed
    pictures = newsroom.ticker("show", item, "--json").json["media"]
    assert [one["alt"] for one in pictures] == ["A ferry at the quay"]
    assert newsroom.ticker("correct", item, "--minor", "--media", "").code == 0
    assert newsroom.ticker("show", item, "--json").json["media"] == []
    assert newsroom.ticker("correct", item, "--minor", "--media", id).code == 0
    removed = newsroom.ticker("media", "remove", id)
    assert removed.out.startswith(f"✓ Took down {id}; 2 items lost it.\n")
    assert f"  {item}  live\n" in removed.out
    assert f"  {draft['id']}  draft\n" in removed.out
    assert "cannot be uploaded again" in newsroom.ticker("media", "upload", str(file), *texts).err
    assert newsroom.ticker("media", "show", id).code == 1


def test_nothing_is_published_with_a_picture_that_is_refused(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    file = tmp_path / "quay.png"
    file.write_bytes(saved(striped(8, 8), "PNG"))
    words = ("publish", "Quay pictured", "-e", "en", "--alt", "The quay", "--media")
    for name, code, why in (
        (str(file), 1, "at least 16 on each side"),
        ("0" * 32, 1, "is not a picture of this newsroom"),
        ("none.jpg", 2, "none.jpg: No such file or directory"),
        (str(tmp_path), 2, "Is a directory"),
    ):
        done = newsroom.ticker(*words, name)
        assert (done.code, why in done.err) == (code, True), done.err
    assert "Quay pictured" not in newsroom.ticker("list", "--all").out
    checked = newsroom.ticker(*words, str(file), "--dry-run")
    assert "file: " in checked.out
