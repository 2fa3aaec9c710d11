"""Messages about a command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import run_command
from ticker.cli.usage_errors import AFTER_DASHES, undecodable


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("lst", "No such command: lst (did you mean list?)"),
        ("keys creat x", "No such command: creat (did you mean create?)"),
        ("qqqqq", "No such command: qqqqq"),
        ("list --editon en", "No such option: --editon (did you mean --edition?)"),
        (
            "publish a -e en --level urgnt",
            "Invalid value for '--level' / '-l': 'urgnt' is not one of 'ticker', 'urgent', "
            "'bulletin', 'flash' (did you mean urgent?)",
        ),
        (
            "push resume fmc",
            "Invalid value for 'PROVIDER': 'fmc' is not one of 'webpush', 'fcm', 'apns' (did you "
            "mean fcm?)",
        ),
        ("serve --role wbe", "'wbe' is not one of 'all', 'gateway', 'web' (did you mean web?)"),
        ("bench --transport sse2", "is not one of 'ws', 'sse' (did you mean sse?)"),
        ("acl gatway", "unknown role gatway (did you mean gateway?); the roles are gateway, web"),
        ("acl --format fil", "'fil' is not one of 'commands', 'file' (did you mean file?)"),
        ("list --limit 0", "Invalid value for '--limit' / '-n': must be at least 1"),
        ("list --limit many", "Invalid value for '--limit' / '-n': must be a whole number"),
        ("bench --rate x", "Invalid value for '--rate': must be a number"),
        ("publish", "Missing argument 'HEADLINE'"),
        ("show a b", "There is no place for these words: b"),
        ("publish a -e en --force=1", "Option '--force' does not take a value"),
    ],
)
def test_a_usage_error_is_one_sentence_with_the_nearest_name(line: str, message: str) -> None:
    done = run_command(line.split(), {})
    assert done.code == 2
    assert message in done.err.split("\n")[0]
    as_json = run_command([*line.split(), "--json"], {})
    assert as_json.code == 2
    assert b'"title":"Usage error"' in as_json.out


@pytest.mark.parametrize("option", ["--after", "--edition", "-e"])
def test_an_option_without_its_value_at_the_end_of_the_line(option: str) -> None:
    done = run_command(["tail", option], {})
    assert done.code == 2
    assert f"Option '{option}' requires an argument" in done.err.split("\n")[0]
    assert run_command(["tail", "--json", option], {}).code == 2


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("publish", "-5 degrees in Oslo", "-e", "en"), True),
        (("publish", "-temperatures fall", "-e", "en"), True),  # -t and a tag, no headline
        (("publish", "Prices", "fall", "-5", "percent", "-e", "en"), True),
        (("correct", "1234", "--", "--minor"), False),
        (("correct", "1234", "-5 degrees", "--minor"), True),
        (("publish", "--jsno", "Bridge"), False),
        (("publish",), False),
        (("list", "-5"), False),
    ],
)
def test_a_headline_that_looks_like_an_option(words: tuple[str, ...], hint: bool) -> None:
    done = run_command(words, {})
    assert done.code == 2
    assert (AFTER_DASHES in done.err) == hint, done


def test_the_name_of_a_file_may_have_any_bytes(tmp_path: Path) -> None:
    named = str(tmp_path / "caf\udce9.xml")
    assert undecodable(["import", named]) == "argument 2 is not valid UTF-8"
    Path(named).touch()
    assert undecodable(["import", named]) is None
