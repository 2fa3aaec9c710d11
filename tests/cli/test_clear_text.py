"""A password leaves this machine encrypted, or not at all."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from ticker.cli.account import app
from ticker.cli.clear_text import check_way
from ticker.cli.output import Output


@pytest.mark.parametrize(
    "url",
    [
        "http://news.example",
        "HTTP://NEWS.EXAMPLE:8000/",
        "http://192.0.2.7:8000",
        "http://[2001:db8::1]:8000",
        "http://localhost.example",
    ],
)
def test_a_password_for_another_machine_needs_https(url: str) -> None:
    with pytest.raises(typer.Exit) as refused:
        check_way(Output(False), url, False)
    assert refused.value.exit_code == 2
    check_way(Output(False), url, True)


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "http://localhost:8000",
        "http://desk.localhost",
        "http://[",
    ],
)
def test_on_this_machine_or_over_https_it_is_sent(url: str) -> None:
    check_way(Output(False), url, False)


@pytest.mark.parametrize(
    "arguments", [["sign-in", "Ana"], ["password"], ["remove-passkey", "0123456789ab"]]
)
def test_each_command_that_sends_a_password_refuses(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKER_URL", "http://news.example")
    monkeypatch.setenv("TICKER_KEY", "ts_" + "x" * 32)
    done = CliRunner().invoke(app, arguments, input="seven grey geese\n" * 2)
    assert (done.exit_code, "--allow-http" in done.output) == (2, True), done.output
