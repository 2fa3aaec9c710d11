"""``--quick`` does not import the files whose marks leave all of it out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.left_out import left_out

QUICK = "not browser and not faults"
ONE = "import pytest\n\npytestmark = pytest.mark.browser  # needs Node.js\n"
SEVERAL = "pytestmark = [\n    pytest.mark.processes,\n    pytest.mark.faults,\n]\n"


@pytest.mark.parametrize(
    ("source", "expression", "expected"),
    [
        (ONE, QUICK, True),
        (SEVERAL, QUICK, True),
        (SEVERAL, "not browser", False),
        ("@pytest.mark.browser\ndef test_one(): ...\n", QUICK, False),  # others may have no mark
        (ONE, "browser", False),
        (ONE, "not browser or faults", False),
        (ONE, "", False),
    ],
)
def test_a_file_is_left_out(tmp_path: Path, source: str, expression: str, expected: bool) -> None:
    file = tmp_path / "test_one.py"
    file.write_text(source)
    assert left_out(file, expression) is expected


def test_a_folder_is_left_out_with_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "test_one.py").write_text(ONE)
    assert left_out(tmp_path, QUICK)
    assert not left_out(tmp_path / "conftest.py", QUICK)
    (tmp_path / "test_two.py").write_text("def test_two(): ...\n")
    assert not left_out(tmp_path, QUICK)
    assert left_out(tmp_path / "inner", QUICK)


def test_a_folder_without_tests_is_not_left_out(tmp_path: Path) -> None:
    assert not left_out(tmp_path, QUICK)
