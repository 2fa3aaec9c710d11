"""Every command × every role: what a role does not permit is refused and changes nothing.

The list of commands is that of the command line, so a new command without a row here fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Newsroom
from tests.support.command_desk import ROLES, Desk
from tests.support.command_line import Done, command_names
from tests.support.hostile_newsroom import HostileNewsroom

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("one_tls_context")]

LOWEST = {
    "read": "reporter",
    "draft": "reporter",
    "publish": "editor",
    "alert": "chief",
    "operate": "chief",
    "people": "chief",
}
"""The first role that has a permission; those after it have it, too."""
ACTS = {
    "publish": "publish or change items",
    "alert": "send a bulletin or a flash",
    "operate": "change webhooks, push services or feeds of agencies",
    "people": "manage keys and accounts, or read the audit",
}
"""What a refusal says of a permission; every role has the others."""

FEED = b"""<rss version="2.0"><channel><title>Agency</title>
<item><title>Lighthouse of Marrow Island is lit</title><guid>1</guid></item></channel></rss>"""
ALERT = "--level flash --yes"
TABLE = (
    ("publish {text} -e en", "publish"),
    ("publish {text} -e en --level urgent", "publish"),
    (f"publish {{text}} -e en {ALERT}", "alert"),
    ("publish {text} -e en --level bulletin --yes", "alert"),
    (f"publish {{text}} -e en --at +1h {ALERT}", "alert"),
    ("publish {text} -e en --break-glass night", "alert"),
    ("draft {text} -e en", "draft"),
    ("draft {text} -e en --level flash", "draft"),
    ("approve {draft} --if-version 1", "publish"),
    ("approve {draft_flash} --if-version 1", "publish alert"),
    ("correct {draft} {text} --minor", "draft"),
    ("correct {live} {text} --minor", "publish"),
    ("correct {flash} {text} --minor", "publish"),
    ("correct {live} --level flash --yes --minor", "publish alert"),
    ("retract {draft} --reason wrong --yes", "draft"),
    ("retract {live} --reason wrong --yes", "publish"),
    ("retract {flash} --reason wrong --yes", "publish"),
    ("undo {retracted} --yes", "publish"),
    ("undo {waiting} --yes", "publish"),
    ("reschedule {scheduled} +2h", "publish"),
    ("reschedule {scheduled_flash} +2h", "publish alert"),
    ("release {scheduled} --yes", "publish"),
    ("release {scheduled_flash} --yes", "publish alert"),
    ("end {live}", "publish"),
    ("pin {live}", "publish"),
    ("unpin {pinned}", "publish"),
    ("list", "read"),
    ("list --state draft", "read"),
    ("show {draft}", "read"),
    ("history {draft}", "read"),
    ("status {live}", "read"),
    ("media upload {file} --alt Quay", "draft"),
    ("media list", "read"),
    ("media show {picture}", "read"),
    ("media change {picture} --alt Ferry", "draft"),
    ("media remove {picture}", "publish"),
    ("templates list", "read"),
    ("templates set {name} {template_file}", "alert"),
    ("templates remove {template}", "alert"),
    ("templates publish {template} place={text} --yes", "publish"),
    ("story set {name} -e en --title Harbour", "publish"),
    ("story show {story}", "read"),
    ("story clear {story} -e en", "publish"),
    ("audit", "people"),
    ("audience", "read"),
    ("import {lines}", "publish"),
    ("watch {feed} --once -e en --state {name}", "publish"),
    ("account show", "read"),
    ("people list", "people"),
    ("people add {name}", "people"),
    ("people change {person} --role editor", "people"),
    ("people password {person}", "people"),
    ("people remove {person}", "people"),
    ("push status", "read"),
    ("push resume fcm", "operate"),
    ("push confirm-gone fcm", "operate"),
    ("push clear-quarantine fcm", "operate"),
    ("wires add {name} https://localhost:9/feed", "operate"),
    ("wires list", "read"),
    ("wires change {wire} --every 30", "operate"),
    ("wires drafts", "read"),
    ("wires check {wire}", "draft"),
    ("wires remove {wire}", "operate"),
    ("webhooks add https://hook.example/ -e es", "operate"),
    ("webhooks list", "operate"),
    ("webhooks show {webhook}", "operate"),
    ("webhooks change {webhook} --description City", "operate"),
    ("webhooks remove {webhook}", "operate"),
    ("webhooks enable {webhook}", "operate"),
    ("webhooks disable {webhook}", "operate"),
    ("webhooks rotate {webhook}", "operate"),
    ("webhooks replay {webhook} --since 1m", "operate"),
    ("webhooks listen --port 0", "operate"),
)
"""What a person types, and the permissions that it needs, in the order in which the newsroom asks
for them: a refusal names the first that is missing. Braces name what the command acts on."""
IN_ENGLISH = re.compile(
    r"^(?!show|history|status|story show|watch)"
    r".*(-e en|{(live|flash|pinned|retracted|draft\w*|scheduled\w*|template)})"
)
"""Rows that change the English edition. `watch` refuses each entry on its own."""
UNREACHED = {"wires check", "webhooks listen"}
"""They are permitted, and then cannot reach the private address."""

NO_KEY = {
    "up": "runs the newsroom itself",
    "serve": "is the server itself",
    "work": "is a worker itself",
    "compose": "publishes as `publish` does, after a form",
    "acl": "asks nobody",
    "config check": "asks nobody",
    "config show": "asks nobody",
    "push keys": "writes a file",
    "backup": "of those who reach Redis",
    "restore": "of those who reach Redis",
    "keys create": "of those who reach Redis",
    "keys list": "of those who reach Redis",
    "keys revoke": "of those who reach Redis",
    "account sign-in": "takes a password",
    "account sign-out": "is of a session",
    "account password": "is of a session",
    "account passkeys": "is of a session",
    "account remove-passkey": "is of a session",
    "account sessions": "is of a session",
    "account end": "is of a session",
    "tail": "reads what is public",
    "conformance": "reads what is public",
    "doctor": "reads what is public, and says whether the key is valid",
    "bench": "reads what is public; with --publish it publishes as `publish` does",
}
"""Commands without a role, and why."""


@pytest.fixture(scope="module")
def desk(
    newsroom: Newsroom,
    hostile: tuple[str, HostileNewsroom],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desk]:
    url, agency = hostile
    key = (newsroom.data / "key").read_text().strip()
    agency.feed = FEED
    found = Desk(newsroom.url, key, tmp_path_factory.mktemp("desk"), f"{url}/feed")
    yield found
    found.close()


def command_of(words: str) -> str:
    """Return the name of the command, such as "keys create"."""
    typed = words.split()
    return max(
        (name for name in command_names() if name.split() == typed[: len(name.split())]), key=len
    )


def missing(role: str, needs: str) -> list[str]:
    """Return those of the permissions that the role does not have."""
    return [one for one in needs.split() if ROLES.index(role) < ROLES.index(LOWEST[one])]


def test_the_table_has_every_command() -> None:
    rows = {command_of(words) for words, _ in TABLE}
    assert rows & NO_KEY.keys() == set()
    assert rows | NO_KEY.keys() == set(command_names())


def refusal(role: str, permission: str) -> str:
    lowest = LOWEST[permission]
    return f"a key with role {role} may not {ACTS[permission]}; this needs role {lowest}"


def is_refused(done: Done, why: str) -> bool:
    return (done.code, done.out, done.err) == (1, b"", f"✗ Not allowed\n  {why}\n")


@pytest.mark.parametrize("role", ROLES[:-1])
def test_what_a_role_does_not_permit_is_refused_and_changes_nothing(role: str, desk: Desk) -> None:
    rows = [
        (desk.prepared(words), refusal(role, missing(role, needs)[0]))
        for words, needs in TABLE
        if missing(role, needs) and "{waiting}" not in words  # it goes out by itself
    ]
    before = desk.state()
    tried = [(words, why, desk.run(words, desk.keys[role])) for words, why in rows]
    assert [one for one in tried if not is_refused(one[2], one[1])] == []
    assert desk.state() == before
    assert len(rows) > 25


def test_a_reporter_takes_back_nothing_that_waits(desk: Desk) -> None:
    done = desk.run(desk.prepared("undo {waiting} --yes"), desk.keys["reporter"])
    assert is_refused(done, refusal("reporter", "publish")), done


def test_a_key_for_another_edition_is_refused_and_changes_nothing(desk: Desk) -> None:
    rows = [desk.prepared(words) for words, _ in TABLE if IN_ENGLISH.search(words)]
    before = desk.state()
    tried = [(words, desk.run(words, desk.arabic["chief"])) for words in rows]
    why = "this key is for edition ar only, not for en"
    assert [one for one in tried if not is_refused(one[1], why)] == []
    assert desk.state() == before
    assert len(rows) > 25
    for words in ("publish {text} -e ar", "draft {text} -e ar"):
        assert desk.run(desk.prepared(words), desk.arabic["editor"]).code == 0


@pytest.mark.parametrize(("words", "needs"), TABLE)
def test_the_lowest_role_that_permits_it_is_enough(words: str, needs: str, desk: Desk) -> None:
    role = next(one for one in ROLES if not missing(one, needs))
    done = desk.run(desk.prepared(words), desk.keys[role])
    if command_of(words) in UNREACHED:
        assert (done.code, "Not allowed" in done.err) == (1, False), done
    else:
        assert done.code == 0, done
