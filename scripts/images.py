"""Say which container images are not pinned by digest, and pin them. Standard library only.

    python -m scripts.images             list the images; exit 1 if one has no digest
    python -m scripts.images --write     look up missing digests and write them into the files

A tag can be moved to another image; a digest cannot. Digests are looked up with `docker buildx
imagetools inspect`, which asks the registry and needs no running container. Dependabot moves a
pinned image to newer ones (.github/dependabot.yml); it does not pin.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = ("Dockerfile", "docker-compose.yml", ".github/workflows/ci.yml")
NAMED = re.compile(r"^(?P<before>\s*(?:FROM|image:)\s+)(?P<image>[^\s#]+)", re.MULTILINE)
SAID = re.compile(r"^Digest:\s+(\S+)$", re.MULTILINE)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
OWN = "ticker:"
"""Built here, from the Dockerfile."""

LookUp = Callable[[str], str]


def images(text: str) -> list[str]:
    """Return the images that a file names, in order, without our own."""
    found = (match["image"] for match in NAMED.finditer(text))
    return [image for image in found if not image.startswith(OWN)]


def pinned(image: str) -> bool:
    """Tell whether the name of an image has a digest."""
    return DIGEST.fullmatch(image.partition("@")[2]) is not None


def pin(text: str, look_up: LookUp) -> str:
    """Return ``text`` with a digest behind each image that has none; the tag stays for people."""

    def named(match: re.Match[str]) -> str:
        image = match["image"]
        if image.startswith(OWN) or pinned(image):
            return match[0]
        return f"{match['before']}{image}@{look_up(image)}"

    return NAMED.sub(named, text)


def inspect(image: str) -> str:
    """Return the digest that the registry has for ``image``. Raises RuntimeError."""
    command = [
        "docker",
        "buildx",
        "imagetools",
        "inspect",
        image,
        "--format",
        "{{.Manifest.Digest}}",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RuntimeError(f"{image}: docker cannot be asked: {error}") from None
    said = SAID.search(done.stdout)
    if done.returncode != 0 or said is None or not DIGEST.fullmatch(said[1]):
        raise RuntimeError(f"{image}: no digest: {done.stderr.strip() or done.stdout.strip()}")
    return said[1]


def main(arguments: Iterable[str], root: Path = ROOT, look_up: LookUp = inspect) -> int:
    """List or pin the images; return the exit code."""
    missing = 0
    for name in FILES:
        file = root / name
        if "--write" in arguments:
            try:
                file.write_text(pin(file.read_text(), look_up))
            except RuntimeError as error:
                print(error, file=sys.stderr)
        for image in images(file.read_text()):
            print(f"{'pinned' if pinned(image) else 'NO DIGEST'}  {name}  {image}")
            missing += not pinned(image)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
