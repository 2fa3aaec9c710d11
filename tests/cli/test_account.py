"""One's own account on the command line: signed in and out, with a code, and its sessions."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import termios
from pathlib import Path

import httpx
import pyotp
import pytest

from tests.cli.conftest import Newsroom
from tests.support.authenticator import Authenticator
from tests.support.command_line import run_in_terminal
from tests.support.waiting import wait_until_sync
from ticker.client.session_file import file_for

pytestmark = pytest.mark.processes
NEW = "eleven white swans"


def made(newsroom: Newsroom, name: str, role: str) -> str:
    """Make an account with the newsroom's own key; return its password."""
    return newsroom.ticker("people", "add", name, "--role", role).out.strip()


def sign_in(newsroom: Newsroom, name: str, *lines: str) -> int:
    """Sign in as a script does; return the exit code."""
    return newsroom.ticker("account", "sign-in", name, stdin="\n".join(lines)).code


def test_a_reporter_signs_in_drafts_and_signs_out(newsroom: Newsroom) -> None:
    password = made(newsroom, "Ana Reporter", "reporter")
    wrong = newsroom.ticker("account", "sign-in", "Ana Reporter", stdin="seven grey geese\n")
    assert (wrong.code, "the name or the password is wrong" in wrong.err) == (1, True), wrong.err
    assert "TICKER_KEY" not in wrong.err
    done = newsroom.ticker("account", "sign-in", "ana reporter", stdin=password)
    assert done.out == "✓ Signed in as Ana Reporter (reporter, all editions).\n"
    file = file_for(newsroom.url)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert password not in file.read_text()
    shown = newsroom.ticker("account", "show").out
    assert shown == "Ana Reporter (reporter, all editions), with a session\n"
    draft = newsroom.ticker("draft", "Quay closes at noon", "-e", "en", "--json").json["item"]
    assert draft["created_by"] == "Ana Reporter"
    refused = newsroom.ticker("publish", "Quay closes", "-e", "en")
    assert (refused.code, "role reporter" in refused.err) == (1, True)
    assert "key is valid: Ana Reporter" in newsroom.ticker("doctor").out
    with_key = newsroom.ticker("account", "show", TICKER_KEY_FILE=str(newsroom.data / "key"))
    assert with_key.out == "ticker up (chief, all editions), with an editor key\n"
    assert newsroom.ticker("account", "sign-out").out == "✓ Signed out.\n"
    assert not file.exists()
    assert newsroom.ticker("account", "sign-out").out == "✓ You were not signed in.\n"
    assert "ticker up" in newsroom.ticker("account", "show").out


def test_a_session_that_has_ended_says_how_to_sign_in_again(newsroom: Newsroom) -> None:
    password = made(newsroom, "Ben Editor", "editor")
    assert sign_in(newsroom, "Ben Editor", password) == 0
    kept = file_for(newsroom.url).read_bytes()
    assert newsroom.ticker("account", "sign-out").code == 0
    file_for(newsroom.url).write_bytes(kept)
    ended = newsroom.ticker("list", "--all")
    assert (ended.code, "Sign in again: ticker account sign-in NAME" in ended.err) == (1, True)
    assert newsroom.ticker("account", "sign-out").out == "✓ Signed out.\n"
    file_for(newsroom.url).write_text("no token")
    assert "ticker up" in newsroom.ticker("account", "show").out


def test_sessions_are_seen_and_ended_and_a_new_password_ends_all(newsroom: Newsroom) -> None:
    first = made(newsroom, "Eva Chief", "chief")
    other = httpx.Client(base_url=newsroom.url, headers={"authorization": "Session"})
    body = {"name": "Eva Chief", "password": first}
    for _ in range(2):
        assert httpx.post(f"{newsroom.url}/v1/session", json=body).status_code == 200
    other.post("/v1/session", json=body)
    assert sign_in(newsroom, "Eva Chief", first) == 0
    listed = newsroom.ticker("account", "sessions", "--json").json["sessions"]
    assert [one["current"] for one in listed] == [True, False, False, False]
    rows = [row.split("\t") for row in newsroom.ticker("account", "sessions").out.splitlines()]
    assert [row[0] for row in rows] == [one["id"] for one in listed]
    assert [row[5] for row in rows] == ["this one", "", "", ""]
    one = newsroom.ticker("account", "end", listed[-1]["id"])
    assert one.out == "✓ Ended 1 session.\n"
    assert newsroom.ticker("account", "end", listed[-1]["id"]).code == 1
    changed = newsroom.ticker("account", "password", stdin=f"{first}\n{NEW}\n")
    assert changed.out == "✓ Changed your password. Your other sessions have ended.\n", changed.err
    assert other.get("/v1/key").status_code == 401
    other.close()
    assert newsroom.ticker("account", "end", "--others").out == "✓ Ended 0 sessions.\n"
    for arguments in ((), ("x", "--others")):
        assert newsroom.ticker("account", "end", *arguments).code == 2
    again = newsroom.ticker("account", "password", stdin=f"{first}\n{NEW} again\n")
    assert (again.code, "password" in again.err) == (1, True)
    assert sign_in(newsroom, "Eva Chief", first) == 1
    assert sign_in(newsroom, "Eva Chief", NEW) == 0
    assert len(newsroom.ticker("account", "sessions").out.splitlines()) == 1, "it was replaced"
    key = newsroom.ticker("account", "password", TICKER_KEY_FILE=str(newsroom.data / "key"))
    assert (key.code, "an editor key has no password" in key.err) == (2, True)


def test_passkeys_are_listed_and_removed_with_the_password(newsroom: Newsroom) -> None:
    password = made(newsroom, "Pia Keys", "editor")
    assert sign_in(newsroom, "Pia Keys", password) == 0
    none = newsroom.ticker("account", "passkeys")
    assert (none.out, "/console/account" in none.err) == ("", True)
    url = newsroom.url.replace("127.0.0.1", "localhost")  # passkeys belong to names
    device = Authenticator(url)
    with httpx.Client(base_url=url, headers={"authorization": "Session"}) as browser:
        browser.post("/v1/session", json={"name": "Pia Keys", "password": password})
        new = {"password": password, "new_password": NEW}
        browser.put("/v1/account/password", json=new)
        asked = browser.post("/v1/account/passkeys/challenge", json={"password": NEW})
        entry = {"credential": device.create(asked.json()["options"]), "name": "Phone"}
        assert browser.post("/v1/account/passkeys", json=entry).status_code == 200
    assert sign_in(newsroom, "Pia Keys", NEW) == 0
    [row] = newsroom.ticker("account", "passkeys").out.splitlines()
    id, name, _, used = row.split("\t")
    assert (name, used) == ("Phone", "never")
    wrong = newsroom.ticker("account", "remove-passkey", id, stdin=f"{password}\n")
    assert (wrong.code, "is wrong" in wrong.err) == (1, True), wrong.err
    done = newsroom.ticker("account", "remove-passkey", id, stdin=f"{NEW}\n")
    assert done.out == "✓ Removed the passkey. Your other sessions have ended.\n"
    assert newsroom.ticker("account", "passkeys", "--json").json == {"passkeys": []}
    for command in (["passkeys"], ["remove-passkey", id]):
        key = newsroom.ticker("account", *command, TICKER_KEY_FILE=str(newsroom.data / "key"))
        assert (key.code, "an editor key has no passkeys" in key.err) == (2, True)


def test_a_person_types_password_and_code_unseen(newsroom: Newsroom, tmp_path: Path) -> None:
    password = made(newsroom, "Dana Codes", "editor")
    session = {"authorization": "Session"}
    with httpx.Client(base_url=newsroom.url, headers=session) as browser:
        browser.post("/v1/session", json={"name": "Dana Codes", "password": password})
        secret = browser.post("/v1/account/code", json={"password": password}).json()["secret"]
        codes = pyotp.TOTP(secret)
        confirmed = browser.put("/v1/account/code", json={"code": codes.now()})
        assert confirmed.status_code == 200, confirmed.text
    environment = {"TICKER_URL": newsroom.url, "XDG_STATE_HOME": os.environ["XDG_STATE_HOME"]}
    answers = [(b"Password: ", password.encode() + b"\n"), (b"One-time code: ", b"000000\n")]
    words = ("account", "sign-in", "Dana Codes")
    done = run_in_terminal(words, environment, b"", answers=answers)
    assert (done.code, password.encode() in done.out, b"000000" in done.out) == (1, False, False)
    assert b"Not signed in" in done.out
    left = run_in_terminal(words, environment, b"", answers=[(b"Password: ", b"\x04")])
    assert (left.code, b"the password is missing" in left.out) == (2, True), left
    assert newsroom.ticker("account", "sign-in", "Dana Codes", stdin=f"{password}\n").code == 2
    assert newsroom.ticker("account", "sign-in", "Dana Codes", stdin="").code == 2


def test_ctrl_c_leaves_a_terminal_that_shows_what_is_typed() -> None:
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", sys.executable, "-m", "ticker", "account", "sign-in", "Ana"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    shown = b""
    try:
        while b"Password: " not in shown:
            shown += os.read(ours, 4096)
        wait_until_sync(lambda: not termios.tcgetattr(theirs)[3] & termios.ECHO)
        os.write(ours, b"\x03")
        assert process.wait(20) == 130
        assert termios.tcgetattr(theirs)[3] & termios.ECHO
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)


def test_a_token_that_cannot_be_kept(newsroom: Newsroom, tmp_path: Path) -> None:
    password = made(newsroom, "Finn Full", "editor")
    (tmp_path / "state").write_bytes(b"a file")
    done = newsroom.ticker("account", "sign-in", "Finn Full", stdin=password)
    assert (done.code, "the session cannot be kept" in done.err) == (2, True), done.err
    (tmp_path / "state").unlink()
    assert sign_in(newsroom, "Finn Full", password) == 0
    assert len(newsroom.ticker("account", "sessions").out.splitlines()) == 1, "it was ended"
