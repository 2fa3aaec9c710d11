"""The parts of docs/reference; ./scripts/test compares the pages with the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts import reference
from ticker.config import Settings
from ticker.stream.close_codes import CloseCode


def test_every_setting_has_a_docstring_and_a_group() -> None:
    text = reference.settings()
    for name in Settings.model_fields:
        assert f"\n### {name}\n" in text, name
    assert text.startswith("## ")


def test_every_close_code_has_a_meaning() -> None:
    text = reference.closing()
    for code in CloseCode:
        assert f"| {code.value} | `{code.name}` |" in text


def test_every_module_is_listed_with_a_sentence() -> None:
    text = reference.modules()
    assert "| `_carry.lua`" not in text
    for package in ("ticker", "ticker/gateway", "workers/push"):
        assert f"\n## {package}\n\n" in "\n" + text
    assert "| `replay.py` | One process's view of the lane" in text
    assert " |  |\n" not in text, "a module has no docstring"


def test_every_metric_that_the_code_makes_is_listed() -> None:
    root = Path(__file__).parents[2]
    made = {
        name
        for top in ("ticker", "workers")
        for path in (root / top).rglob("*.py")
        for name in re.findall(r'\b(?:counter|gauge|histogram)\(\s*"(\w+)"', path.read_text())
    }
    assert len(made) > 80
    listed = set(re.findall(r"^\| `ticker_(\w+)` ", reference.metrics(), re.MULTILINE))
    assert made <= listed


def test_docstrings_belong_to_the_assignment_above() -> None:
    source = 'class A:\n  x: int = 1\n  """Of\n  ``x``."""\n  y = 2\n  z = 3\n  """Of z."""\n'
    assert reference.docstrings(source, "A") == {"x": "Of `x`.", "z": "Of z."}
    with pytest.raises(LookupError):
        reference.docstrings(source, "B")
