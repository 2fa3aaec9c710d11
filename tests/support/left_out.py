"""Files whose tests are all left out by their marks: they are not even imported."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_EXPRESSION = re.compile(r"not \w+(?: and not \w+)*")
_MARKS = re.compile(r"^pytestmark = (\[[^]]*\]|.*)", re.MULTILINE)


def left_out(path: Path, expression: str) -> bool:
    """Tell whether ``expression`` (of ``pytest -m``) leaves out all tests of a file or folder.

    Only an expression like ``not browser and not faults`` does: every other may need the marks of
    single tests.
    """
    if _EXPRESSION.fullmatch(expression) is None:
        return False
    unwanted = set(expression.split()) - {"not", "and"}
    if path.is_file():
        return not unwanted.isdisjoint(_marks(path))
    files = list(path.rglob("test_*.py"))
    return bool(files) and not any(unwanted.isdisjoint(_marks(file)) for file in files)


@cache
def _marks(path: Path) -> frozenset[str]:
    """Return the marks that a test file gives all its tests."""
    if not path.name.startswith("test_"):
        return frozenset()
    found = _MARKS.search(path.read_text("utf-8"))
    return frozenset(re.findall(r"pytest\.mark\.(\w+)", found[1])) if found else frozenset()
