"""scripts/language.py finds retired words and docstrings that open with a question word."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

PATH = Path(__file__).parents[2] / "scripts" / "language.py"


@pytest.fixture(scope="module")
def language() -> ModuleType:
    spec = importlib.util.spec_from_file_location("language", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "text",
    [
        "x = make_agenda()\n",
        "self._agenda_wait = 1\n",
        "# Agendas are read in turn.\n",
        '"""The Desk publishes."""\n',
    ],
)
def test_a_retired_word_is_found_wherever_it_stands(language: ModuleType, text: str) -> None:
    [finding] = language.check("some.py", text)
    assert finding.startswith("some.py:1: “")


@pytest.mark.parametrize("text", ["stripe = 1\n", "the = 1\n", "trip, riper = 1, 2\n"])
def test_a_part_of_another_word_is_not(language: ModuleType, text: str) -> None:
    assert list(language.check("some.py", text)) == []


def test_a_docstring_that_asks_is_found_at_its_place(language: ModuleType) -> None:
    source = (
        '"""Say it."""\n\n\nclass A:\n    """What an A is."""\n'
        '    def f(self):\n        """Return."""\n'
    )
    [finding] = language.check("some.py", source)
    assert finding == "some.py:4: the docstring opens with “What”; say what the thing does"


def test_docstrings_are_read_in_python_alone(language: ModuleType) -> None:
    assert list(language.check("some.md", '"""What it is."""')) == []


def test_a_finding_fails_the_check(
    language: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "ROOT", tmp_path)
    (tmp_path / "good.md").write_text("Plain words.\n")
    (tmp_path / "bad.md").write_text("A courier.\n")
    assert language.main(["good.md"]) == 0
    assert language.main(["good.md", "bad.md"]) == 1
