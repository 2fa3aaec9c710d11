"""Bounds that the guides name are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ticker.api.auth import KEY_RATE, TTL
from ticker.api.miss_budget import ANSWER_BYTES
from ticker.api.retraction_places import CACHED_FOR
from ticker.api.search_turns import TURNS_BETWEEN
from ticker.api.search_turns import WAITING_MAX as SEARCHES_MAX
from ticker.archive.query import TERMS_MAX, TEXT_MAX
from ticker.backup.snapshot import HOLD_MS
from ticker.config import Settings
from ticker.domain.budgets import CARDS, MALFORMED, REFUSALS
from ticker.domain.item_limits import HEADLINE_MAX, UNDO_WINDOW_MAX
from ticker.domain.renditions import HREF_WIDTH, WIDTHS
from ticker.domain.story_text import KEY_POINTS_MAX
from ticker.domain.template import FIELDS_MAX
from ticker.domain.token_buckets import Rate
from ticker.gateway.connection_gate import CROWD, ITEMS_PER_REQUEST, REFUSED_MAX, RESERVE_MAX
from ticker.gateway.fanout_receipts import RECEIPTS_MAX
from ticker.gateway.limits import Limits
from ticker.gateway.receipt_report import GATHER
from ticker.media.accepted import PIXELS_MAX
from ticker.openid import provider, tokens
from ticker.people.accounts import ACCOUNTS_MAX
from ticker.people.attempts import CODES, FOR_NAME, FROM_ADDRESS
from ticker.people.failed_sign_ins import OF_ACCOUNT, OF_ALL, UNKNOWN
from ticker.people.password_turns import WAITING_MAX
from ticker.people.passwords import PASSWORD_MAX, PASSWORD_MIN
from ticker.publishing.template_store import TEMPLATES_MAX
from ticker.push.model.alert_decision import KEEP_MS
from ticker.push.model.fcm import CONDITION_TOPICS, MESSAGE_MAX
from ticker.push.model.verdicts import QUARANTINE_SHARE, TRIES_MAX
from ticker.push.store.subscriptions import PAGE_MAX, SHARD_MAX
from ticker.readership.dedup import ReadLimits
from ticker.server.acceptor import ACCEPTED, STARTED
from ticker.storage import replies
from ticker.storage.editor_keys import KEYS_MAX
from ticker.webhooks.endpoints import ENDPOINTS_MAX
from ticker.wires.download import FEED_MAX
from ticker.wires.feed import EVERY, EVERY_MIN, FEEDS_MAX
from ticker.wires.selection import AGE_MAX_MS, FIRST_MAX, HOUR_MAX, HOUR_MS
from workers.push.batch import STOP_GRACE
from workers.push.breaker import PAUSE_MAX, TRIP, WAIT_MAX
from workers.push.context import UNTRUSTED_SHARE
from workers.push.jobs import STOP, run_limit
from workers.wires import LEASE_MS

DOCS = Path(__file__).parents[2] / "docs"
WORDS = {
    2: "two",
    3: "three",
    4: "four",
    5: "five",
    8: "eight",
    10: "ten",
    12: "twelve",
    15: "fifteen",
    20: "twenty",
    60: "sixty",
}
reads = ReadLimits()
TAKEN_OVER = run_limit(Settings()) - 3 * Settings().push_timeout + STOP + 10
"""The seconds beside three requests; arq adds the last ten."""


def then_one_in(rate: Rate) -> str:
    """Return the rate after its burst, as the guides say it."""
    minutes = round(1 / rate.per_second / 60)
    return f"then one in {WORDS[minutes]} minutes"


PAGES: dict[str, tuple[str, ...]] = {
    "guide/roles.md": (
        f"has at most {KEYS_MAX:,} keys",
        f"may send {KEY_RATE.burst:,} requests at once and {KEY_RATE.per_second:.0f} a second",
        f"every server refuses it within {WORDS[int(TTL)]} seconds",
        f"have {PASSWORD_MIN} to {PASSWORD_MAX} characters",
        f"**Attempts**: {WORDS[int(FROM_ADDRESS.burst)]} to sign in with one name from one address",
        f"together {FOR_NAME.burst:.0f} for one name, then one every ten seconds",
        f"codes of an account: {WORDS[int(CODES.burst)]}, then one every five minutes",
        f"passwords one by one, with {WAITING_MAX} that wait",
        f"at most {ACCOUNTS_MAX:,} accounts",
    ),
    "guide/audit.md": (
        f"{WORDS[int(OF_ACCOUNT.burst)]} for one account and {then_one_in(OF_ACCOUNT)}",
        f"{WORDS[int(OF_ALL.burst)]} for all accounts and {then_one_in(OF_ALL)}",
        f"unknown names and keys {WORDS[int(UNKNOWN.burst)]} and {then_one_in(UNKNOWN)}",
    ),
    "guide/archive.md": (f"at most {TEXT_MAX} characters and {TERMS_MAX} words",),
    "guide/openid.md": (
        f"may differ by {tokens.LEEWAY} seconds",
        f"every {WORDS[int(provider.AGAIN)]} seconds",
        f"take {WORDS[int(provider.TIMEOUT)]} seconds",
    ),
    "guide/pictures.md": (
        f"{PIXELS_MAX // 1_000_000} million pixels",
        f"{WIDTHS[0]} to {WIDTHS[-1]:,} pixels wide",
        f"the JPEG of {HREF_WIDTH:,} pixels",
    ),
    "guide/publishing.md": (
        f"1 to {HEADLINE_MAX} characters",
        f"an undo window of up to {UNDO_WINDOW_MAX} seconds",
        f"`-k`, {WORDS[KEY_POINTS_MAX]} at most",
        f"a template has at most {WORDS[FIELDS_MAX]}",
        f"at most {TEMPLATES_MAX};",
    ),
    "guide/push.md": (
        f"shards of at most {SHARD_MAX:,}.",
        f"A job reads {PAGE_MAX:,} subscriptions at a time",
        f"after 3 × `push_timeout` + {TAKEN_OVER:.0f} seconds",
        f"It waits {WORDS[int(STOP_GRACE)]} seconds for outstanding answers",
        f"| {WORDS[TRIES_MAX].capitalize()} attempts within about a minute |",
        f"at most {WORDS[int(WAIT_MAX / 60)]} minutes",
        f"or fails for {WORDS[TRIP]} devices in a row",
        f"a few requests every {PAUSE_MAX:.0f} seconds",
        f"get an {WORDS[UNTRUSTED_SHARE]}h of the requests",
        f"they are over {QUARANTINE_SHARE:.0%} of a send".replace("%", " %"),
        f"alerts of the last {WORDS[KEEP_MS // 86_400_000]} days",
        f"Our own text has at most {MESSAGE_MAX:,} bytes",
        f"conditions of at most {WORDS[CONDITION_TOPICS]} topics",
        f"reports {GATHER * 1000:.0f} ms later, at most twice a second",
        f"beyond {RECEIPTS_MAX:,} the oldest are lost",
        f"| {CACHED_FOR} seconds have passed",
    ),
    "guide/webhooks.md": (f"has at most {ENDPOINTS_MAX} endpoints",),
    "guide/wires.md": (
        f"has at most {FEEDS_MAX} feeds",
        f"Every {EVERY} seconds (`every`, {EVERY_MIN} seconds to a day)",
        f"another takes over within {LEASE_MS // 1000} seconds",
        f"at most {FEED_MAX // 2**20} MB",
        f"| the first read | the {FIRST_MAX} newest entries |",
        f"not older than {AGE_MAX_MS // HOUR_MS} hours",
        f"| one feed in an hour | at most {HOUR_MAX} entries",
    ),
    "operations/backup.md": (f"{WORDS[HOLD_MS // 1000]} seconds at most",),
    "operations/limits.md": (
        f"| {REFUSALS.burst:.0f} at once, then {REFUSALS.per_second:.0f} a second |",
        f"| {MALFORMED.burst:.0f} at once, then one in ten seconds |",
        f"| {CARDS.burst:.0f} at once, then one a second |",
        f"beyond the first {CROWD} connections of an address",
        f"the first {4 * CROWD} of an IPv6 /48",
        f"each further {ANSWER_BYTES // 1024} KB of a poll's answer",
        f"each further {ITEMS_PER_REQUEST} items of a WebSocket's snapshot",
        f"| {reads.burst} at once, then one in {WORDS[int(reads.every)]} seconds | 204",
        f"At most {REFUSED_MAX} stay in a process",
        f"It keeps up to {RESERVE_MAX} of them, or a quarter",
        f"accepts {ACCEPTED} in a turn",
        f"and starts {WORDS[STARTED]} by turns of their clients",
        f"{SEARCHES_MAX} polls whose search takes longer",
        f"goes on {WORDS[TURNS_BETWEEN]} turns later",
        f"together leave more than {Limits().unread // 2**20} MB unread",
    ),
}


@pytest.mark.parametrize("page", PAGES)
def test_the_bounds_of_a_page_are_the_codes(page: str) -> None:
    said = " ".join((DOCS / page).read_text().split())
    assert [sentence for sentence in PAGES[page] if sentence not in said] == []


def test_the_page_about_failures_has_each_reply_of_the_database() -> None:
    said = (DOCS / "reliability.md").read_text().partition("| reply | problem |")[2]
    codes = re.findall(
        r"\b[A-Z]{3,}\b", "".join(re.findall(r"^\| [^|]+", replies.__doc__ or "", re.M))
    )
    assert "MOVED" in codes
    assert [code for code in codes if f"`{code}`" not in said.partition("\n\n")[0]] == []
