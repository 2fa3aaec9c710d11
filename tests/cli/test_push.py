"""`ticker push keys`: creates the key once, shows it, and replaces it only with --replace."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ticker.cli.main import app
from ticker.push import vapid_keys


def ticker(*arguments: str, **env: str) -> Result:
    result = CliRunner().invoke(app, ("push", "keys", *arguments), env=env)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_first_time_it_makes_a_key_and_then_shows_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    file = data / "vapid.pem"
    made = ticker(TICKER_DATA=str(data))
    assert made.exit_code == 0
    assert made.stdout == vapid_keys.read(file).public + "\n"
    assert f"Created {file}" in made.stderr
    assert f"TICKER_VAPID_KEY_FILE={file}" in made.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    shown = ticker(TICKER_DATA=str(data))
    assert (shown.exit_code, shown.stdout) == (0, made.stdout)
    assert "To replace the key: --replace" in shown.stderr


def test_replacing_says_what_it_means(tmp_path: Path) -> None:
    file = str(tmp_path / "vapid.pem")
    first = ticker("--file", file).stdout
    replaced = ticker("--file", file, "--replace")
    assert replaced.exit_code == 0
    assert replaced.stdout != first
    assert "made with the old key no longer work" in replaced.stderr
    assert ticker("--file", file).stdout == replaced.stdout


def test_it_uses_the_file_that_is_set_and_says_nothing_of_setting_it(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "push.pem"
    made = ticker(TICKER_VAPID_KEY_FILE=str(file))
    assert made.stdout == vapid_keys.read(file).public + "\n"
    assert "TICKER_VAPID_KEY_FILE" not in made.stderr


def test_for_programs(tmp_path: Path) -> None:
    file = tmp_path / "vapid.pem"
    options = ("--json", "--file", str(file))
    seen = [json.loads(ticker(*options, *more).stdout) for more in ((), (), ("--replace",))]
    assert [(one["created"], one["replaced"]) for one in seen] == [
        (True, False),
        (False, False),
        (True, True),
    ]
    assert {one["file"] for one in seen} == {str(file)}
    assert seen[0]["public_key"] == seen[1]["public_key"] != seen[2]["public_key"]


@pytest.mark.parametrize("as_json", [False, True])
def test_a_file_that_holds_something_else_stays_as_it_is(tmp_path: Path, as_json: bool) -> None:
    file = tmp_path / "vapid.pem"
    file.write_text("something else")
    result = ticker("--file", str(file), *(["--json"] if as_json else []))
    assert result.exit_code == 2
    assert "holds no Web Push key" in (result.stdout if as_json else result.stderr)
    assert file.read_text() == "something else"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = ticker("--file", str(tmp_path / "file" / "vapid.pem"))
    assert result.exit_code == 2
    assert "cannot be created" in result.stderr
