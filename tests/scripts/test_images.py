"""scripts/images.py: images without a digest are named, and pinned without another change."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.images import FILES, images, main, pin, pinned

ROOT = Path(__file__).parents[2]
DIGEST = "sha256:" + "5e" * 32


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in FILES:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    return tmp_path


def test_every_image_that_comes_from_outside_is_listed() -> None:
    found = {name: images((ROOT / name).read_text()) for name in FILES}
    assert len(found["Dockerfile"]) == 2
    assert [one.partition(":")[0] for one in found["docker-compose.yml"]] == [
        *("valkey/valkey", "nginx"),
    ]
    assert len(found[".github/workflows/ci.yml"]) == 1


def test_pinning_keeps_tags_and_digests_and_the_rest_of_the_file(tree: Path) -> None:
    other = f"sha256:{'a1' * 32}"
    text = f"FROM python:3-slim AS build # why\nRUN x\nFROM a/b:1@{other}\nimage: ticker:local\n"
    after = pin(text, lambda image: DIGEST)
    assert after == text.replace("python:3-slim", f"python:3-slim@{DIGEST}")
    assert main(["--write"], tree, lambda image: DIGEST) == 0
    for name in FILES:
        assert all(map(pinned, images((tree / name).read_text())))
        assert (tree / name).read_text().replace(f"@{DIGEST}", "") == (ROOT / name).read_text()


@pytest.mark.parametrize(
    ("said", "code"), [(DIGEST, 0), ("sha256:short", 1), ("", 1), ("refused", 1)]
)
def test_docker_is_asked_for_the_digest(tree: Path, said: str, code: int) -> None:
    """A program in the place of docker: this machine may have none."""
    docker = tree / "bin" / "docker"
    docker.parent.mkdir()
    words = f"{DIGEST}; exit 1" if said == "refused" else said
    docker.write_text(
        '#!/bin/sh\n[ "$1 $2 $3" = "buildx imagetools inspect" ] || exit 2\necho "Name:    $4"\n'
        f"echo Digest:    {words}\n"
    )
    docker.chmod(0o755)
    (tree / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "images.py", tree / "scripts")
    done = subprocess.run(
        [sys.executable, "-S", "-m", "scripts.images", "--write"],
        cwd=tree,
        env={"PATH": f"{docker.parent}:{os.defpath}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert ("NO DIGEST" in done.stdout) == bool(code)
