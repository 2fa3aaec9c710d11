"""``ticker bench`` with a usage error, or without a newsroom: it says so and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ticker.bench import system
from ticker.cli.main import app


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TICKER_URL", "TICKER_KEY", "TICKER_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def bench(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["bench", "--clients", "2", *arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--url", "http://127.0.0.1:9"), 3, "cannot be reached"),
        (("--url", "http://nowhere.invalid"), 3, "cannot be reached"),
        (("--url", "http://127.0.0.1:9", "--publish", "-y"), 3, "cannot be reached"),
        (("--url", "gopher://news"), 2, "is not an http or https address"),
        (("--url", "http://news:many"), 2, "is not an http or https address"),
        (("--publish",), 2, "Confirm with --yes"),
        (("--url", "http://news.invalid", "--storm"), 2, "Confirm with --yes"),
        (("--burst", "10"), 2, "--burst needs --publish"),
        (("--on-air", "news.example"), 2, "--on-air needs --publish"),
        (("--pid", "999999999"), 2, "no process"),
        (("--plot", "/nowhere/report.html"), 2, "is not a directory"),
        (("--clients", "0"), 2, "--clients"),
        (("--transport", "pigeon"), 2, "--transport"),
    ],
)
def test_what_cannot_work_is_said(arguments: tuple[str, ...], code: int, said: str) -> None:
    found, out, err = bench(*arguments)
    assert (found, out) == (code, "")
    assert said in err


def test_a_program_is_never_asked() -> None:
    code, out, _ = bench("--publish", "--json")
    assert code == 2
    assert "Confirm with --yes" in out


def test_too_few_files_are_said_with_what_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may open as many files as it likes, so the limit itself is simulated."""
    monkeypatch.setattr(system, "raise_file_limit", lambda wanted: 1_024)
    code, _, err = bench("--clients", "5000")
    assert code == 2
    assert "5,000 clients need 5,064 open files; the limit is 1,024" in err
    assert "--clients 960" in err


def test_the_help_says_what_publishing_means() -> None:
    said = " ".join(bench("--help")[1].split())
    for promise in ("By default it publishes nothing", "--on-air", "retracted at the end"):
        assert promise in said
