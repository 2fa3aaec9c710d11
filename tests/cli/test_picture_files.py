"""Files of pictures: their bounds, and what is found out before anything is uploaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from ticker.cli import picture_files
from ticker.cli.output import Output


def test_a_file_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_files, "FILE_MAX", 4)
    file = tmp_path / "a"
    for content, message in ((b"", "is empty"), (b"12345", "larger than 4 bytes")):
        file.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            picture_files.read_picture(str(file))
    file.write_bytes(b"1234")
    assert picture_files.read_picture(str(file)) == b"1234"


def test_wrong_files_are_found_first(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"x")
    picture_files.check([{"file": str(file)}, {"id": "0" * 32}, {"href": "https://a.example/"}])
    for name, message in (("none", "none: No such file"), (str(tmp_path), "Is a directory")):
        with pytest.raises(ValueError, match=message):
            picture_files.check([{"file": name}])
    with pytest.raises(ValueError, match="at most 4 pictures"):
        picture_files.check([{"id": "0" * 32}] * 5)


async def test_an_item_without_files_is_as_it_was() -> None:
    fields = {"media": [{"id": "0" * 32}]}
    assert await picture_files.uploaded(Output(), fields) is fields
