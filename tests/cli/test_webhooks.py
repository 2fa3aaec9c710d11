"""``ticker webhooks`` against a real newsroom, and ``listen`` with published items."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from threading import Thread
from typing import IO

import pytest

from tests.cli.conftest import Newsroom, started
from tests.support.waiting import wait_until_sync

pytestmark = pytest.mark.processes

URL = "https://hooks.example/in"


def test_an_endpoint_from_the_cradle_to_the_grave(newsroom: Newsroom) -> None:
    added = newsroom.ticker(
        *("webhooks", "add", URL, "--edition", "en", "--level", "urgent", "--description", "Wall"),
        *("--asymmetric", "--json"),
    )
    assert added.code == 0, added.out + added.err
    id = added.json["id"]
    assert added.json["secret"].startswith("whsec_")
    assert added.json["public_key"].startswith("whpk_")
    listed = newsroom.ticker("webhooks", "list", "--json").json["webhooks"]
    assert id in {one["id"] for one in listed}
    shown = newsroom.ticker("webhooks", "show", id)
    assert URL in shown.out
    assert "edition: en; level: urgent" in shown.out
    assert added.json["secret"] not in shown.out
    other = ("webhooks", "change", id, "--description", "Wall two", "--section", "sports")
    assert newsroom.ticker(*other).out == f"✓ Changed {id}.\n"
    after = newsroom.ticker("webhooks", "show", id).out
    assert "section: sports\n" in after
    assert "Wall two" in after
    changed = newsroom.ticker("webhooks", "change", id, "--everything", "--json").json
    assert not any(changed["filter"].values())
    for wrong in ((), ("--everything", "--edition", "en")):
        assert newsroom.ticker("webhooks", "change", id, *wrong).code == 2
    long = newsroom.ticker("webhooks", "rotate", id, "--overlap", "8d")
    assert "overlap  must be at most 7d" in long.err
    rotated = newsroom.ticker("webhooks", "rotate", id)
    assert rotated.out.startswith("whsec_")
    assert rotated.out.split()[0] != added.json["secret"]
    assert f"Disabled {id}" in newsroom.ticker("webhooks", "disable", id).out
    row = newsroom.ticker("webhooks", "list").out
    assert f"{id}\tdisabled\t0 delivered\t{URL}\tdisabled by" in row
    assert newsroom.ticker("webhooks", "enable", id, "--from-now").code == 0
    again = newsroom.ticker("webhooks", "replay", id, "--since", "1h", "--json")
    assert again.code == 0, again.out
    assert again.json["status"] == "enabled"
    assert newsroom.ticker("webhooks", "remove", id).code == 0
    assert newsroom.ticker("webhooks", "remove", id, "--json").code == 1
    assert newsroom.ticker("webhooks", "show", id).code == 1


def test_errors_are_reported(newsroom: Newsroom) -> None:
    refused = newsroom.ticker("webhooks", "add", "https://127.0.0.1/", "--json")
    assert refused.code == 1
    assert refused.json["errors"][0]["field"] == "url"
    assert newsroom.ticker("webhooks", "replay", "we_1", "--since", "yesterday").code == 2
    assert newsroom.ticker("webhooks", "list", TICKER_KEY="tk_wrong").code == 1
    assert newsroom.ticker("webhooks", "list", TICKER_URL="http://127.0.0.1:1").code == 3


def test_listen_names_the_setting_that_allows_it(newsroom: Newsroom) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ticker", "webhooks", "listen", "--port", "0"],
        env=newsroom.environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "TICKER_OUTBOUND_PRIVATE_NETWORKS" in done.stderr
    assert newsroom.ticker("webhooks", "list", "--json").json == {"webhooks": []}


@pytest.fixture(scope="module")
def open_newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """A newsroom that sends to this machine."""
    data = tmp_path_factory.mktemp("open") / "data"
    yield from started(data, TICKER_OUTBOUND_PRIVATE_NETWORKS='["127.0.0.0/8"]')


class Listening:
    """A running ``ticker webhooks listen`` and its output, line by line."""

    def __init__(self, room: Newsroom, *options: str) -> None:
        self.out: list[str] = []
        self.err: list[str] = []
        self.process = room.start("webhooks", "listen", "--port", "0", *options)
        self._threads = []
        for stream, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err)):
            assert stream is not None
            thread = Thread(target=self._read, args=(stream, lines))
            thread.start()
            self._threads.append(thread)

    def __enter__(self) -> Listening:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join(30)

    def end(self, number: signal.Signals) -> int:
        """Send a signal, read all output, and return the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(30)
        for thread in self._threads:
            thread.join(30)
        return code

    def _read(self, stream: IO[str], lines: list[str]) -> None:
        with stream:
            for line in stream:
                lines.append(line.rstrip())


def test_listen_shows_events_and_leaves_nothing_behind(open_newsroom: Newsroom) -> None:
    room = open_newsroom
    with Listening(room, "--json") as listening:
        wait_until_sync(lambda: bool(listening.err))
        assert listening.err[0].startswith("Endpoint we_")
        item = room.publish("Ferry runs again")
        wait_until_sync(lambda: len(listening.out) == 1)
        assert room.ticker("retract", item, "--reason", "It does not").code == 0
        wait_until_sync(lambda: len(listening.out) == 2)
        assert listening.end(signal.SIGINT) == 0
    first, second = map(json.loads, listening.out)
    assert first["event"]["type"] == "item.publish"
    assert first["event"]["data"]["item"]["headline"] == "Ferry runs again"
    assert first["id"].startswith("evt_")
    assert first["status"] == 204
    assert second["event"]["type"] == "item.retract"
    assert "headline" not in second["event"]["data"]["item"]
    assert listening.err[-1].endswith("received 2 events.")
    assert room.ticker("webhooks", "list", "--json").json == {"webhooks": []}


def test_listen_passes_on_and_answers_as_the_other_does(open_newsroom: Newsroom) -> None:
    """It forwards to an address that refuses POST: the newsroom gets 405."""
    room = open_newsroom
    with Listening(room, "--forward", f"{room.url}/healthz") as listening:
        wait_until_sync(lambda: len(listening.err) == 2)
        assert listening.err[1].startswith("Secret: whsec_")
        room.publish("Bridge opens", "--level", "urgent")
        wait_until_sync(lambda: bool(listening.out))
        assert "Bridge opens" in listening.out[0]
        assert "URGENT" in listening.out[0]
        assert listening.out[0].endswith("→ 405")
        [endpoint] = room.ticker("webhooks", "list", "--json").json["webhooks"]
        show = ("webhooks", "show", endpoint["id"], "--json")
        wait_until_sync(lambda: room.ticker(*show).json["last_status"] == 405)
        assert listening.end(signal.SIGTERM) == 0
    assert room.ticker("webhooks", "list", "--json").json == {"webhooks": []}
