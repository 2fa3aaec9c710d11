"""Templates at the command line: stored from a file, filled in, and published."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Newsroom

QUAKE = {
    "title": "Earthquake",
    "edition": "en",
    "level": "urgent",
    "headline": "Earthquake of magnitude {magnitude} near {place}",
    "cancellation": "There was no earthquake near {place}",
}


def test_from_a_file_to_the_screen_and_back(newsroom: Newsroom, tmp_path: Path) -> None:
    file = tmp_path / "quake.json"
    file.write_text(json.dumps(QUAKE))
    assert newsroom.ticker("templates", "set", "quake", str(file)).code == 0
    assert "quake  magnitude=… place=…" in newsroom.ticker("templates", "list").out
    told = ("templates", "publish", "quake", "magnitude=6.1", "place=Marrow Island")
    shown = newsroom.ticker(*told, "--preview")
    assert "Earthquake of magnitude 6.1 near Marrow Island" in shown.out
    done = newsroom.ticker(*told, "--json")
    assert done.json["item"]["headline"] == "Earthquake of magnitude 6.1 near Marrow Island"
    cancelled = newsroom.ticker(*told, "--cancel", "--json")
    assert cancelled.json["item"]["headline"] == "There was no earthquake near Marrow Island"
    drill = newsroom.ticker(*told, "--test", "--json")
    assert (drill.json["state"], "DRILL" in drill.err) == ("test", True)
    assert drill.json["item"]["cancellation"] == "There was no earthquake near Marrow Island"
    id = drill.json["item"]["id"]
    for words in (
        ("show", id),
        ("retract", id, "--reason", "over"),
        (*told, "--test", "--preview"),
    ):
        assert "DRILL" in newsroom.ticker(*words).out, words
    refused = newsroom.ticker("templates", "publish", "quake", "magnitude=6.1")
    assert (refused.code, "place" in refused.err) == (1, True)
    assert newsroom.ticker("templates", "publish", "quake", "magnitude").code == 2
    assert newsroom.ticker("templates", "set", "quake", str(tmp_path / "none")).code == 2
    file.write_text("[]")
    assert newsroom.ticker("templates", "set", "quake", str(file)).code == 2
    assert newsroom.ticker("templates", "remove", "quake").code == 0
    assert "No templates yet" in newsroom.ticker("templates", "list").err
