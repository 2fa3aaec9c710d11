"""The commands against a real newsroom: what they print, and their exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.cli.conftest import Newsroom
from tests.support.ports import free_port
from tests.support.waiting import wait_until_sync

pytestmark = pytest.mark.processes


def unused_address() -> str:
    """Return an address without a server."""
    return f"http://127.0.0.1:{free_port()}"


def test_every_change_of_an_item(newsroom: Newsroom) -> None:
    item = newsroom.publish("The old bridge opens again", "-s", "politics", "--region", "europe")
    assert newsroom.ticker("pin", item).code == 0
    corrected = newsroom.ticker(
        "correct",
        item,
        "The new bridge opens",
        "--correction",
        "It is the new one",
        "--if-version",
        "2",
    )
    assert corrected.code == 0
    assert "Correction: It is the new one" in corrected.out
    again = newsroom.ticker(
        *("correct", item, "The new bridge opens", "--correction", "It is the new one")
    )
    assert f"{item}  has these values already, nothing changed  version 3, " in again.out
    wait_until_sync(lambda: newsroom.listed("-s", "politics").get(item, {}).get("version") == 3)
    shown = newsroom.listed("-s", "politics")[item]
    assert (shown["headline"], shown["pinned"]) == ("The new bridge opens", True)
    assert newsroom.ticker("unpin", item).code == 0
    assert newsroom.ticker("retract", item, "--reason", "No bridge at all").code == 0
    history = newsroom.ticker("show", item, "--json").json["history"]
    assert [one["action"] for one in history] == ["publish", "pin", "correct", "unpin", "retract"]
    wait_until_sync(lambda: item not in newsroom.listed("-s", "politics"))


def test_text_output(newsroom: Newsroom) -> None:
    item = newsroom.publish(
        "Ferry back in service", "--speaker", "Harbour master", "--source", "City desk"
    )
    wait_until_sync(lambda: item in newsroom.listed())
    line = "Harbour master: Ferry back in service (City desk)"
    listed = [row.split("\t") for row in newsroom.ticker("list").out.splitlines()]
    assert [row[5:] for row in listed if row[0] == item] == [[line, "live"]]
    shown = newsroom.ticker("show", item[-6:]).out
    assert shown.startswith(line)
    assert "  state         live" in shown
    assert "History" in shown


def test_every_flag_arrives(newsroom: Newsroom) -> None:
    result = newsroom.ticker(
        *("publish", "A line with everything", "-e", "en", "--json", "--level", "urgent"),
        *("--section", "health", "--section", "sports,economy", "--region", "asia"),
        *("--tag", "one", "--tag", "two", "--link", "https://a.example/1", "--source", "Desk"),
        *("--speaker", "A voice", "--story", "story-1", "--summary", "More.", "--note", "Inside"),
        *("--cancellation", "There is no such item"),
        *("--verification", "developing", "--expires", "2h", "--pin", "--push"),
    )
    item = result.json["item"]
    expected = {
        "level": "urgent",
        "sections": ["health", "sports", "economy"],
        "regions": ["asia"],
        "tags": ["one", "two"],
        "link": "https://a.example/1",
        "source": "Desk",
        "speaker": "A voice",
        "story": "story-1",
        "summary": "More.",
        "note": "Inside",
        "cancellation": "There is no such item",
        "verification": "developing",
        "pinned": True,
        "push": True,
    }
    assert {name: item[name] for name in expected} == expected
    assert item["expires_at"] is not None


def test_a_scheduled_item_is_only_listed_with_all(newsroom: Newsroom) -> None:
    result = newsroom.ticker("publish", "Tomorrow's news", "-e", "en", "--at", "+1d")
    assert result.code == 0
    assert "scheduled for" in result.out
    assert "Tomorrow's news" not in newsroom.ticker("list", "-n", "200").out
    assert "Tomorrow's news" in newsroom.ticker("list", "--all").out
    id = newsroom.ticker("list", "--state", "scheduled", "--search", "NEWS tomorrow").out[:26]
    changed = newsroom.ticker(
        *("correct", id[-8:], "--minor", "--at", "+2d", "--story", "calendar", "--json"),
        *("--image", "https://a.example/1.png", "--alt", "A calendar", "--credit", "Desk"),
        *("--push-title", "Soon"),
    ).json["item"]
    picture = {
        "href": "https://a.example/1.png",
        "type": "image/png",
        "alt": "A calendar",
        "credit": "Desk",
    }
    assert {name: changed["media"][0][name] for name in picture} == picture
    assert (changed["story"], changed["push"]["title"]) == ("calendar", "Soon")
    assert id in newsroom.ticker("list", "--state", "scheduled", "--story", "calendar").out


def test_a_scheduled_item_is_announced_with_date_time_and_zone(newsroom: Newsroom) -> None:
    now = datetime.now(ZoneInfo("Asia/Tokyo"))
    year, day = now.year, now + timedelta(days=90)
    at = f"{day:%Y-%m-%d}T18:30"
    words = ("publish", "The polls close", "-e", "en", "--at", at, "--zone", "Asia/Tokyo")
    shown = f" {day.day} {day:%b}{'' if day.year == year else f' {day.year}'}, 18:30 JST, in "
    assert shown in newsroom.ticker(*words, "--dry-run").out
    document = newsroom.ticker(*words, "--dry-run", "--json").json
    assert shown in document["local_times"]["at"]
    assert document["draft"]["at"] == f"{at}:00+09:00"
    assert f"scheduled for {day:%a}{shown}" in newsroom.ticker(*words).out


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_a_time_in_the_past_is_read_back_and_needs_force(
    newsroom: Newsroom, dry: tuple[str, ...]
) -> None:
    words = ("publish", "From another year", "-e", "en", "--at", "2026-07-01T18:30", *dry)
    refused = newsroom.ticker(*words, TZ="Europe/Berlin")
    assert refused.code == 1
    assert "at  Wed 1 Jul" in refused.err
    assert "18:30 CEST" in refused.err
    assert "ago, is in the past" in refused.err
    assert "--force" in refused.err
    assert newsroom.ticker(*words, "--force").code == 0


@pytest.mark.parametrize("zone", [("--zone", "Europe/Berln"), ()])
def test_an_unknown_zone_is_a_usage_error(newsroom: Newsroom, zone: tuple[str, ...]) -> None:
    words = ("publish", "A line", "-e", "en", "--at", "18:30", *zone)
    result = newsroom.ticker(*words, TZ="Europe/Berln")
    assert result.code == 2
    assert "Did you mean Europe/Berlin" in result.err


def test_the_headline_from_standard_input(newsroom: Newsroom) -> None:
    result = newsroom.ticker("publish", "-", "-e", "es", "--json", stdin="Abre el mercado\n")
    assert result.json["item"]["headline"] == "Abre el mercado"


def test_the_same_key_publishes_once(newsroom: Newsroom) -> None:
    command = ("publish", "Only once, please", "-e", "en", "--key", "k-1", "--json")
    first, second = newsroom.ticker(*command).json, newsroom.ticker(*command).json
    assert (first["repeated"], second["repeated"]) == (False, True)
    assert first["item"]["id"] == second["item"]["id"]
    other = newsroom.ticker("publish", "Another text", "-e", "en", "--key", "k-1")
    assert other.code == 1
    assert "different --key" in other.err


def test_an_identical_item_needs_force(newsroom: Newsroom) -> None:
    first = newsroom.publish("Twice is once too often")
    again = newsroom.ticker("publish", "Twice is once too often", "-e", "en")
    assert again.code == 1
    assert f"ticker show {first}" in again.err
    assert newsroom.publish("Twice is once too often", "--force") != first


def test_invalid_fields_are_named_with_a_suggestion(newsroom: Newsroom) -> None:
    result = newsroom.ticker("publish", "A line", "-e", "en", "-s", "politcs", "-r", "azia")
    assert result.code == 1
    assert "did you mean politics?" in result.err
    assert "did you mean asia?" in result.err
    document = newsroom.ticker("publish", "A line", "-e", "en", "-s", "politcs", "--json").json
    assert document["status"] == 422
    assert document["errors"][0]["field"] == "sections"


def test_a_dry_run_counts_and_publishes_nothing(newsroom: Newsroom) -> None:
    before = set(newsroom.listed())
    for length, warning in ((80, None), (100, "over 90"), (130, "over 120")):
        result = newsroom.ticker("publish", "x" * length, "-e", "en", "--dry-run")
        assert result.code == 0
        assert f"characters    {length}" in result.out
        assert (warning or "Nothing was published") in result.out
    wrong = newsroom.ticker("publish", "x" * 281, "-e", "xx", "--dry-run", "--json")
    assert wrong.code == 1
    assert set(newsroom.listed()) - before == set()


@pytest.mark.parametrize(
    "command",
    [
        ("publish",),
        ("publish", "No edition"),
        ("publish", "x", "-e", "en", "--level", "loud"),
        ("publish", "x", "-e", "en", "--expires", "soon"),
        ("publish", "x", "-e", "en", "--at", "never"),
        ("correct", "01k", "No note"),
        ("correct", "01k", "--correction", "a", "--minor"),
        ("retract", "01k"),
        ("list", "--limit", "0"),
        ("list", "--state", "live,retractd"),
        ("tail", "--backlog", "201"),
        ("import", "/nowhere/at/all"),
        ("frobnicate",),
    ],
)
def test_a_usage_error_exits_with_2(newsroom: Newsroom, command: tuple[str, ...]) -> None:
    assert newsroom.ticker(*command).code == 2


@pytest.mark.parametrize(
    "command",
    [
        ("list",),
        ("publish", "x", "-e", "en"),
        ("show", "01k9"),
        ("retract", "01k9", "--reason", "x"),
        ("tail",),
        ("tail", "--json"),
    ],
)
def test_an_unreachable_newsroom_exits_with_3(newsroom: Newsroom, command: tuple[str, ...]) -> None:
    result = newsroom.ticker(*command, TICKER_URL=unused_address())
    assert result.code == 3
    assert "reach" in (result.out + result.err)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("show", "nothing"), "begins or ends with nothing"),
        (("show", "01k"), "a short id has at least 4 characters"),
        (("retract", "nothing", "--reason", "x"), "Not found"),
        (("list", "-e", "xx"), "known: ar, en, es"),
        (("tail", "-e", "xx"), "known: ar, en, es"),
        (("keys", "revoke", "nothing"), "Not found"),
    ],
)
def test_a_refusal_exits_with_1(newsroom: Newsroom, command: tuple[str, ...], says: str) -> None:
    result = newsroom.ticker(*command)
    assert result.code == 1
    assert says in result.err


def test_an_invalid_address_is_a_usage_error(newsroom: Newsroom) -> None:
    for command in (("list",), ("tail",)):
        assert newsroom.ticker(*command, TICKER_URL="nonsense").code == 2


def test_a_terminal_without_arabic_does_not_fail_the_command(newsroom: Newsroom) -> None:
    """Without replacement characters, printing ✓ would fail after the item was published."""
    environment = os.environ | newsroom.env | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "ticker", "publish", "سلام على الجميع", "-e", "ar"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("? ")


def test_the_name_of_a_key_is_checked(newsroom: Newsroom) -> None:
    for wrong in (
        ("x" * 65,),
        ("desk", "--role", "owner"),
        ("desk", "--edition", "xx"),
        ("desk", "--expires", "yesterday"),
    ):
        refused = newsroom.ticker("keys", "create", *wrong)
        assert refused.code == 2, refused


def test_a_key_that_has_been_revoked_is_called_so(newsroom: Newsroom) -> None:
    made = newsroom.ticker("keys", "create", "Leaver", "--json").json
    assert newsroom.ticker("keys", "revoke", made["id"]).code == 0
    refused = newsroom.ticker("publish", "x", "-e", "en", TICKER_KEY=made["key"])
    assert refused.code == 1
    assert "unknown, revoked or expired editor key" in refused.err


def test_a_key_with_limits(newsroom: Newsroom) -> None:
    limits = ("--role", "reporter", "--edition", "en,ar", "--expires", "+30d")
    made = newsroom.ticker("keys", "create", "Stringer", *limits, "--json").json
    assert (made["role"], made["editions"]) == ("reporter", ["ar", "en"])
    refused = newsroom.ticker("publish", "Bridge opens", "-e", "en", TICKER_KEY=made["key"])
    assert refused.code == 1
    assert "role reporter" in refused.err
    listed = newsroom.ticker("keys", "list").out
    line = next(line for line in listed.splitlines() if made["id"] in line)
    assert line.split("\t")[:4] == [made["id"], "Stringer", "reporter", "ar, en"]
    ends, used = line.split("\t")[4:]
    assert (ends, used != "never") == (made["expires_at"], True), "times as another program wants"


def test_keys_are_made_listed_and_revoked(newsroom: Newsroom) -> None:
    made = newsroom.ticker("keys", "create", "Night desk", "--json").json
    assert newsroom.ticker("list", "--all", TICKER_KEY=made["key"]).code == 0
    listed = newsroom.ticker("keys", "list", "--json").json
    assert (made["id"], "Night desk") in [(key["id"], key["name"]) for key in listed]
    assert made["key"] not in newsroom.ticker("keys", "list").out
    assert newsroom.ticker("keys", "revoke", made["id"]).code == 0
    wrong = newsroom.ticker("list", "--all", TICKER_KEY="tk_" + "x" * 32)
    assert wrong.code == 1
    assert "TICKER_KEY" in wrong.err


def test_doctor_in_a_healthy_newsroom(newsroom: Newsroom) -> None:
    result = newsroom.ticker("doctor", "--json")
    checks = {check["name"]: check for check in result.json["checks"]}
    assert result.code == 0, checks
    assert {"server", "worker", "key", "clock", "websocket", "sse", "store", "fsync"} <= set(checks)
    assert newsroom.ticker("doctor").out.count("✓") == len(checks)


def test_doctor_reports_problems_with_advice(newsroom: Newsroom) -> None:
    away = newsroom.ticker("doctor", TICKER_URL=unused_address())
    assert away.code == 1
    assert "ticker up" in away.out
    keyless = newsroom.ticker("doctor", TICKER_KEY="tk_" + "x" * 32)
    assert keyless.code == 1
    assert "✗ key" in keyless.out


def test_an_import_twice_publishes_once(newsroom: Newsroom) -> None:
    lines = [json.dumps({"headline": f"Imported line {n}", "edition": "en"}) for n in range(1_200)]
    lines[700] = json.dumps({"headline": "", "edition": "en"})
    lines[900] = "not JSON"
    document = "\n".join(lines)
    first = newsroom.ticker("import", "-", "--json", stdin=document)
    assert first.code == 1
    assert (first.json["published"], first.json["refused"]) == (1_198, 2)
    assert [error["item"] for error in first.json["errors"]] == [701, 901]
    second = newsroom.ticker("import", "-", "--json", stdin=document)
    assert (second.json["published"], second.json["repeated"]) == (0, 1_198)
    said = newsroom.ticker("import", "-", stdin=document)
    assert "headline: must not be empty" in said.err
    assert "2 refused" in said.out


def test_an_import_from_the_web_and_from_a_file(newsroom: Newsroom, tmp_path: Path) -> None:
    feed = tmp_path / "feed.json"
    entry = {"id": "web-1", "title": "From a feed on the web"}
    feed.write_text(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [entry]}))
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        threading.Thread(target=web.serve_forever).start()
        url = f"http://127.0.0.1:{web.server_port}"
        first = newsroom.ticker("import", f"{url}/feed.json", "-e", "en", "--json")
        missing = newsroom.ticker("import", f"{url}/nothing.json")
        web.shutdown()
    assert (first.code, first.json["format"], first.json["published"]) == (0, "jsonfeed", 1)
    assert missing.code == 2
    assert "404" in missing.err
    again = newsroom.ticker("import", str(feed), "-e", "en", "--json")
    assert (again.json["published"], again.json["repeated"]) == (0, 1)
    assert newsroom.ticker("import", f"{url}/feed.json").code == 2


def test_a_dry_import_publishes_nothing(newsroom: Newsroom) -> None:
    document = '{"headline":"Never sent"}\n{"headline":"Nor this","sections":["politcs"]}'
    result = newsroom.ticker("import", "-", "-e", "en", "--dry-run", stdin=document)
    assert result.code == 1
    assert "1 valid, 1 invalid" in result.out
    assert "did you mean politics?" in result.err
    assert "Never sent" not in newsroom.ticker("list", "-n", "200").out
