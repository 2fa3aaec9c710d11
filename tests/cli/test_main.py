"""The command as a whole: quick to start, complete, and documented."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from tests.cli.conftest import Newsroom
from ticker import __version__
from ticker.cli.commands import COMMANDS as PLACES
from ticker.cli.main import app

COMMANDS = (
    *("up", "serve", "work", "publish", "compose", "correct", "retract", "undo", "reschedule"),
    *("release", "end", "pin", "unpin", "draft", "approve"),
    *(
        "list",
        "show",
        "history",
        "status",
        *(f"media {name}" for name in ("upload", "list", "show", "change", "remove")),
        "push status",
        "push resume",
        "push clear-quarantine",
        "tail",
        "import",
        "watch",
        "doctor",
        "bench",
        "backup",
        "restore",
        "keys create",
        "keys list",
        "keys revoke",
    ),
)
SLOW = frozenset(
    {
        *("anyio", "httpcore", "httpx", "pydantic"),
        *(
            "arq",
            "click",
            "cryptography.hazmat",
            "lxml",
            "google",
            "hpack",
            "jinja2",
            "jwt",
            "prompt_toolkit",
        ),
        *("prometheus_client", "pydantic_settings", "pygments", "redis", "starlette", "uvicorn"),
        *("websockets", "workers"),
        *("asyncio", "rich.console", "ticker.domain.draft", "ticker.domain.item"),
    }
)
"""Packages and modules that take long to import."""
LOOP = {"asyncio"}
"""For commands that ask the newsroom."""
SHOWN = {*LOOP, "rich.console"}
"""For those that print styled text."""
DRAFT = {"pydantic", "ticker.domain.draft"}
"""For those that check a draft themselves."""
OF_ONE_COMMAND = {place.partition(":")[0].partition(".")[0] for place, _ in PLACES.values()}
"""Modules of ``ticker.cli`` that define commands."""


def test_help_names_every_command() -> None:
    said = CliRunner().invoke(app, ["--help"]).output
    assert all(f"  {command.split()[0]} " in said for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_json_and_says_what_it_does(command: str) -> None:
    said = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "200"}).output
    assert "--json" in said
    assert len(said.splitlines()[2].strip()) > 10


def test_the_version() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == f"ticker {__version__}\n"


@pytest.mark.processes
@pytest.mark.parametrize(
    ("arguments", "needed", "modules"),
    [
        ("--help", set(), {"commands", "main", "options"}),
        ("publish", {"rich.console"}, {"publish", "times"}),
        ("publish Dam-reopens --edition en", SHOWN, {"publish", "result", "times"}),
        (
            "publish Dam --edition en --dry-run",
            {*DRAFT, "ticker.domain.item"},
            {"publish", "item_text", "times"},
        ),
        ("list", LOOP, {"item_text", "show", "times"}),
        ("list --json", LOOP, {"item_text", "show", "times"}),
        ("show {id}", SHOWN, {"item_text", "show", "times"}),
        ("history {id}", LOOP, {"item_text", "history", "times"}),
        ("status {id}", LOOP, {"status", "times"}),
        ("correct {id} --minor --summary S", SHOWN, {"change", "result", "times"}),
        (
            "retract {id} --reason Wrong --cancellation No-dam-reopens",
            SHOWN,
            {"retract", "result", "times"},
        ),
        ("push status", SHOWN, {"push", "status", "times"}),
        ("webhooks list", LOOP, {"webhooks", "times"}),
        ("story show bridge", LOOP, {"story", "times"}),
        ("media list", LOOP, {"media", "times"}),
        ("audience", LOOP, {"audience", "times"}),
        ("config check", {"asyncio", "redis"}, {"config", "times"}),
        ("config show", set(), {"config", "times"}),
        ("acl", {"asyncio", "redis"}, {"acl", "times"}),
        ("keys create Desk", {"asyncio", "redis"}, {"keys", "store", "times"}),
        ("keys list", {"asyncio", "redis"}, {"keys", "store", "times"}),
        ("import feed.rss --edition en", {"asyncio", "lxml"}, {"imports", "times"}),
        ("doctor", {"asyncio", "redis", "websockets"}, {"doctor", "times"}),
        ("import {url}/v1/feed.rss -e en --dry-run", {"lxml", *LOOP, *DRAFT}, {"imports", "times"}),
        ("watch {url}/v1/feed.rss --once", {"lxml", *LOOP}, {"imports", "times"}),
        ("import feed.rss --edition en --dry-run", {"lxml", *DRAFT}, {"imports", "times"}),
    ],
)
def test_a_command_imports_only_what_it_needs(
    newsroom: Newsroom, arguments: str, needed: set[str], modules: set[str]
) -> None:
    """A person waits for each command, and most of its time goes to imports."""
    if "feed.rss" in arguments:
        with open("feed.rss", "w", encoding="utf-8") as file:
            file.write(
                "<rss><channel><item><title>Quay walls are raised</title></item></channel></rss>"
            )
    arguments = arguments.replace("{url}", newsroom.url)
    if "{id}" in arguments:
        arguments = arguments.format(id=newsroom.publish(f"Dam reopens for {arguments[:4]}"))
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ticker", *arguments.split()],
        env=newsroom.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (2 if arguments == "publish" else 0), done.stderr[-500:]
    names = re.findall(r"^import time:.*\| +([\w.]+)$", done.stderr, re.MULTILINE)
    found = {name for name in names if name in SLOW} | {name.partition(".")[0] for name in names}
    assert found & SLOW == needed
    commands = {name.split(".")[2] for name in names if name.startswith("ticker.cli.")}
    assert commands & OF_ONE_COMMAND <= modules
    assert len(names) < 500


@pytest.mark.processes
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ticker publish x --section po", ["politics"]),
        ("ticker publish x --section politics,e", ["politics,economy", "politics,environment"]),
        ("ticker list --edition ", ["ar", "en", "es"]),
        ("ticker tail --region asia", ["asia", "asia-pacific"]),
        ("ticker publish x --level f", ["flash"]),
        ("ticker re", ["retract", "reschedule", "release", "restore"]),
    ],
)
def test_the_shell_completes_what_the_taxonomy_knows(words: str, expected: list[str]) -> None:
    env = os.environ | {
        "_TICKER_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.argv[0] = 'ticker'; "
            "from ticker.cli.main import app; app(prog_name='ticker')",
        ],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == expected


@pytest.mark.processes
def test_ctrl_c_while_the_shell_completes_says_nothing() -> None:
    """The Tab key had put a traceback into the line of a person who did not want to wait."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = subprocess.Popen(
            [sys.executable, "-m", "ticker"],
            env=os.environ
            | {
                "_TICKER_COMPLETE": "complete_bash",
                "COMP_WORDS": "ticker show ",
                "COMP_CWORD": "2",
                "TICKER_URL": f"http://127.0.0.1:{silent.getsockname()[1]}",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        connection, _ = silent.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, b"", b"")


def test_a_broken_configuration_is_a_usage_error() -> None:
    with open("ticker.toml", "w", encoding="utf-8") as file:
        file.write("replay_window = 'many'\n")
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 2
    assert "replay_window" in result.stderr


@pytest.mark.parametrize("command", [["serve"], ["work"], ["keys", "list"]])
def test_a_wrong_redis_address_is_a_usage_error(command: list[str]) -> None:
    env = {"TICKER_REDIS_URL": "nonsense://x", "TICKER_URL": "http://127.0.0.1:9"}
    result = CliRunner().invoke(app, command, env=env)
    assert result.exit_code == 2
    assert "a store's URL begins with redis://" in result.stderr


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_web_push_key_that_is_not_there_is_a_usage_error(command: str) -> None:
    env = {"TICKER_VAPID_KEY_FILE": "nowhere.pem"}
    result = CliRunner().invoke(app, [command], env=env)
    assert result.exit_code == 2
    assert "ticker push keys" in result.stderr


def test_no_two_short_flags_of_a_command_are_the_same() -> None:
    group = get_command(app)
    for name, command in getattr(group, "commands").items():  # noqa: B009 - typer's own type
        flags = [flag for param in command.params for flag in param.opts]
        assert len(flags) == len(set(flags)), name
