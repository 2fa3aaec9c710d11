"""The figures in the documents are the bounds in the code."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import cast

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from ticker.api import feeds, push_registration, ranking_cache, readership
from ticker.api.feeds import ITEMS_DEFAULT, FeedRoutes
from ticker.api.live_items import LiveItems
from ticker.api.readership import BEACON_MAX, LIMIT_MAX
from ticker.api.search_engines import SearchEngineRoutes
from ticker.cli.main import app
from ticker.config import Settings
from ticker.domain.budgets import REGISTRATIONS
from ticker.domain.event import ACTIONS
from ticker.domain.filter_query import ANY_MAX, FIELDS_MAX, MAX_VALUE_LENGTH, MAX_VALUES, QUERY_MAX
from ticker.feeds.formats.channel import RETRACTIONS_MAX
from ticker.feeds.formats.sitemap import URLS_MAX
from ticker.gateway.http_protocol import BODY_RATE, FRAMING_MAX, HEAD_MAX, PIPELINE_MAX
from ticker.gateway.query_parser import BACKLOG_DEFAULT, BACKLOG_MAX
from ticker.gateway.request_rules import HEADERS_MAX
from ticker.gateway.websocket_session import RATE_SECONDS
from ticker.reader_access.verdicts import TOKEN_MAX
from ticker.readership.dedup import DAY, ReadLimits
from ticker.readership.scores import TALLY_MAX
from ticker.readership.store import RANKING_MAX
from ticker.stream.close_codes import CloseCode
from ticker.stream.sight import SUBSCRIPTIONS_MAX
from workers.websub import GAP, HUBS_MAX, TRIES

ROOT = Path(__file__).parents[2]
PROTOCOL = (ROOT / "PROTOCOL.md").read_text()
GUIDE = ROOT / "docs" / "guide"
DOCUMENTS = (ROOT / "README.md", ROOT / "PROTOCOL.md", *sorted((ROOT / "docs").rglob("*.md")))
FEEDS = (GUIDE / "feeds.md").read_text()


def test_every_feed_is_documented_with_its_bounds() -> None:
    settings = Settings()
    live_items = cast(LiveItems, None)  # the routes serve no request here
    rows = [
        *FeedRoutes(live_items, settings).operations(),
        *SearchEngineRoutes(live_items, settings).operations(),
    ]
    assert len(rows) == 8
    for row in rows:
        assert f"`{row.path}`" in FEEDS, row.path
    assert feeds.CACHE in FEEDS
    assert f"{ITEMS_DEFAULT} items" in FEEDS
    assert f"the {RETRACTIONS_MAX} newest" in FEEDS
    assert f"{URLS_MAX:,}" in FEEDS
    assert f"{GAP:.0f} seconds" in FEEDS
    assert f"{TRIES} times" in FEEDS
    assert f"{HUBS_MAX} hubs" in FEEDS


def test_every_close_code_is_documented_with_its_verdict() -> None:
    for code in CloseCode:
        row = re.search(rf"^\| {code.value} \|.*$", PROTOCOL, re.MULTILINE)
        assert row is not None, code
        assert row[0].endswith("| stops |") is not code.come_back, code


def test_every_action_is_documented() -> None:
    for action in ACTIONS:
        assert f"`{action}`" in PROTOCOL


def test_bounds_in_the_protocol_are_the_defaults() -> None:
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    said = " ".join(PROTOCOL.split())
    assert f"over {defaults['max_message']:,} bytes" in said
    assert f"more than {defaults['max_messages']} messages in ten seconds" in said
    assert RATE_SECONDS == 10
    assert f"0 to {BACKLOG_MAX}, default {BACKLOG_DEFAULT}" in said
    assert f"paused for {defaults['lag_limit']:.0f} seconds" in said
    assert f"up to {defaults['ahead_wait']:.0f} seconds" in said
    assert f"(default {defaults['drain_time']:.0f} seconds)" in said
    assert (
        f"tag of more than {MAX_VALUE_LENGTH} characters, and more than {MAX_VALUES} values" in said
    )
    assert f"more than {FIELDS_MAX} parameters or {QUERY_MAX:,} characters" in said
    assert f"one of those given, at most {ANY_MAX}," in said
    assert f"`sub.1` to `sub.{SUBSCRIPTIONS_MAX}`" in said
    assert f"({defaults['current_items_max']:,} unless set)" in said
    assert f"A token has at most {TOKEN_MAX:,} characters" in said


def test_the_bounds_of_a_request_are_those_of_the_protocol() -> None:
    said = " ".join(PROTOCOL.split())
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    for sentence in (
        f"have more than {FRAMING_MAX // 1024} KB and twice the body's size",
        f"within {defaults['handshake_timeout']:.0f} seconds; a body has a second more for every"
        f" {BODY_RATE // 1024} KB",
        f"More than {HEADERS_MAX} header lines, or {HEAD_MAX // 1024} KB of request line and",
        f"More than {PIPELINE_MAX} requests that wait on one connection",
        f"does not read its response for {defaults['lag_limit']:.0f} seconds",
    ):
        assert sentence in said, sentence


def test_the_limits_on_reads_are_the_documented_ones() -> None:
    said = " ".join((GUIDE / "most-read.md").read_text().split())
    limits = ReadLimits()
    for sentence in (
        f"{BEACON_MAX} bytes",
        f"{limits.burst} at once, then one in {limits.every:.0f} seconds",
        f"once in {limits.repeat_after / 60:.0f} minutes, or up to {limits.repeat_after / 30:.0f}",
        f"{limits.per_second} a second",
        f"{TALLY_MAX:,}, and once as many sent without an answer",
        f"| {2 * limits.marks:,} |",
        f"{RANKING_MAX:,} for each window",
        f"| {ranking_cache.QUERY_ITEMS:,} |",
        f"| {LIMIT_MAX} | 400",
        f"every {DAY / 3_600:.0f} hours",
        f"up to {ranking_cache.FRESH:.0f} seconds old",
        f"ranking for {ranking_cache.KEEP / 60:.0f} minutes",
    ):
        assert sentence in said, sentence
    assert readership.CACHE == "public, max-age=15"


def test_the_limits_on_registrations_are_the_documented_ones() -> None:
    said = " ".join((GUIDE / "push.md").read_text().split())
    for sentence in (
        f"{push_registration.BODY_MAX:,} bytes at most",
        f"{REGISTRATIONS.burst} times at once"
        f" and then once in {1 / REGISTRATIONS.per_second:.0f} seconds",
    ):
        assert sentence in said, sentence
    routes = push_registration.PushRegistrationRoutes(
        Settings(),
        cast(push_registration.SubscriptionStore, None),
        "",
        Settings().budgets(lambda: 0.0),
    )
    for row in routes.operations():
        assert f"| `{row.method} {row.path}` |" in said, row.name


def test_the_example_file_is_the_default_taxonomy() -> None:
    example = tomllib.loads((ROOT / "ticker.toml").read_text())
    made = Settings.model_validate(example).taxonomy
    assert made == Settings().taxonomy


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_documents_name_files_that_exist(path: Path) -> None:
    text = path.read_text()
    for name in re.findall(r"`((?:deploy|docs|scripts|tests|ticker|workers)/[\w./-]+)`", text):
        assert (ROOT / name).exists(), name


def commands() -> list[tuple[str, str]]:
    """Return each ``ticker …`` line of a document's code, with the document."""
    found = []
    for path in DOCUMENTS:
        if path.parent.name == "reference":
            continue  # made from the commands
        for line in re.findall(r"^    (?:\$ )?ticker (.+)$", path.read_text(), re.MULTILINE):
            found.append((path.relative_to(ROOT).as_posix(), re.split(r"  +| [|>]", line)[0]))
    return found


@pytest.mark.parametrize(("name", "line"), commands())
def test_documents_show_commands_that_exist(name: str, line: str) -> None:
    """Each line has options that its command knows."""
    command: object = get_command(app)
    first, *arguments = shlex.split(line, comments=True)
    while isinstance(command, TyperGroup):
        command = command.commands[first]
        if isinstance(command, TyperGroup):
            first, *arguments = arguments
    assert isinstance(command, TyperCommand)
    command.make_context(first, arguments)  # parses, and raises what a user would see
