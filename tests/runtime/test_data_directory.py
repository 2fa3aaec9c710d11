"""The data directory: one process at a time, and private secrets."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ticker.runtime.data_directory import DataDirError, locked, read_run


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_made_private(tmp_path: Path) -> None:
    with locked(tmp_path / "a" / "data") as data:
        assert mode(data.path) == 0o700
        assert mode(data.path / "lock") == 0o600


def test_git_leaves_out_a_new_one(tmp_path: Path) -> None:
    with locked(tmp_path / ".harbour") as data:
        data.key()
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    status = ["git", "-C", str(tmp_path), "status", "--porcelain"]
    assert subprocess.run(status, check=True, capture_output=True).stdout == b""


def test_a_directory_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with locked(tmp_path):
        assert mode(tmp_path) == 0o755
        assert not (tmp_path / ".gitignore").exists()


def test_the_key_is_made_once(tmp_path: Path) -> None:
    with locked(tmp_path) as data:
        secret, new = data.key()
        assert new
        assert re.fullmatch(r"tk_[A-Za-z0-9_-]{32}", secret)
        assert mode(data.key_file) == 0o600
        assert data.key_file.read_text() == secret + "\n"
    with locked(tmp_path) as data:
        assert data.key() == (secret, False)


def test_a_key_that_others_could_read_is_made_private_again(tmp_path: Path) -> None:
    with locked(tmp_path) as data:
        data.key()
        data.key_file.chmod(0o644)
        data.key()
        assert mode(data.key_file) == 0o600


@pytest.mark.parametrize("content", [b"", b"hello\n", b"\xff\xfe"])
def test_a_broken_key_file_is_not_used(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    with locked(tmp_path) as data, pytest.raises(DataDirError, match="key"):
        data.key()


def test_run_json_is_written_and_removed(tmp_path: Path) -> None:
    with locked(tmp_path) as data:
        data.write_run({"pid": 1, "url": "http://127.0.0.1:8000"})
        assert read_run(tmp_path) == {"pid": 1, "url": "http://127.0.0.1:8000"}
        assert mode(tmp_path / "run.json") == 0o600
        data.clear_run()
        data.clear_run()
    assert read_run(tmp_path) is None


@pytest.mark.parametrize("text", ["", "[1]", "{"])
def test_an_unreadable_run_json_is_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    assert read_run(tmp_path) is None


def test_a_second_owner_is_refused_with_the_owners_process(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from ticker.runtime.data_directory import locked\n"
    )
    program += "with locked(Path(sys.argv[1])): pass"
    command = [sys.executable, "-c", program, str(tmp_path)]
    with locked(tmp_path) as data:
        data.write_run({"pid": os.getpid(), "url": "http://127.0.0.1:8000"})
        second = subprocess.run(command, capture_output=True, text=True, check=False)
        assert f"(process {os.getpid()}, http://127.0.0.1:8000)" in second.stderr
        assert "--data DIR" in second.stderr
        assert read_run(tmp_path) is not None
    assert subprocess.run(command, check=False).returncode == 0


def test_a_place_that_cannot_be_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(DataDirError, match="cannot be used: Not a directory"),
        locked(tmp_path / "file" / "data"),
    ):
        pass
