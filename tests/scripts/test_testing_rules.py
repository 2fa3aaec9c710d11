"""The check of the tests' own rules finds what it should. ./scripts/test runs it on all tests."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from scripts import testing_rules


def parsed(code: str) -> ast.Module:
    return ast.parse(code)


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("await asyncio.sleep(0.1)", [1]),
        ("time.sleep(delay)", [1]),
        ("await asyncio.sleep(0)", []),
        ("await wait_until(lambda: done)", []),
    ],
)
def test_sleeps_are_found(code: str, lines: list[int]) -> None:
    assert list(testing_rules.sleeps(parsed(code))) == lines


def test_requests_intercepted_by_hand_are_found() -> None:
    code = "await self.page.route('**/a', answer)\nawait intercept(page, '**/a', answer)"
    assert list(testing_rules.routes(parsed(code))) == [1]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("server._pool.size", ["_pool"]),
        ("from ticker.api import _secret", ["_secret"]),
        ("monkeypatch.setattr(module, '_limit', 3)", ["_limit"]),
        ("class A:\n    def f(self):\n        return self._mine", []),
        ("row._replace(a=1)", []),
        ("module.__name__", []),
    ],
)
def test_private_names_are_found(code: str, names: list[str]) -> None:
    assert [name for _, name in testing_rules.private_names(parsed(code))] == names


@pytest.mark.parametrize(
    "code",
    [
        "from tests.support.ticker_up import running\n",
        "from tests.web.test_package import NODE_22\n",
        "command = ['node', '--eval', script]\n",
    ],
)
def test_a_file_that_starts_processes_needs_a_mark(code: str) -> None:
    assert testing_rules.starts_processes(parsed(code))
    assert not testing_rules.marks(parsed(code))
    assert testing_rules.marks(parsed(code + "pytestmark = pytest.mark.faults")) == ["faults"]


def test_a_mark_counts_each_time() -> None:
    code = "@pytest.mark.long\ndef test_one(): ...\n@pytest.mark.long\ndef test_two(): ...\n"
    assert testing_rules.marks(parsed(code)) == ["long", "long"]


def test_few_tests_are_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(testing_rules, "TESTS", testing_rules.ROOT / "tests" / "backup")
    monkeypatch.setattr(testing_rules, "listed", lambda path: {})
    monkeypatch.setattr(testing_rules, "without_tests", lambda: iter(()))
    assert testing_rules.main() == 0
    monkeypatch.setattr(testing_rules, "LONG_MAX", 0)
    assert testing_rules.main() == 1
    assert "1 tests have the mark long, more than 0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "folder"),
    [("ticker/push/model/alert_decision.py", "push/model"), ("workers/relay.py", "workers")],
)
def test_the_folder_mirrors_the_sources(source: str, folder: str) -> None:
    found = testing_rules.folder_of_tests(testing_rules.ROOT / source)
    assert found == testing_rules.TESTS / folder


def test_a_list_needs_reasons(tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("# Why\nticker/a.py: tests/b.py\n")
    assert testing_rules.listed(listed) == {"ticker/a.py": "tests/b.py"}
    listed.write_text("ticker/a.py\n")
    with pytest.raises(SystemExit):
        testing_rules.listed(listed)
