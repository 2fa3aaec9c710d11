"""Build the documentation as a site: collect the pages in build/docs, then run Zensical.

    python -m scripts.docs_site             build into site/; a dead link or anchor is an error
    python -m scripts.docs_site --serve     serve it, and follow changes

The documents are written to be read where they lie in the repository, so that their links work in
any viewer. On the site, a link to a document becomes a link to its page. A link to any other file
of the repository becomes plain text, because the site has no page for it; the file must exist.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from posixpath import dirname, join, normpath, relpath
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "build" / "docs"

DOCUMENTS = {
    "README.md": "index.md",
    "PROTOCOL.md": "reference/protocol.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "SECURITY.md": "project/security.md",
    "CODE_OF_CONDUCT.md": "project/code-of-conduct.md",
}
"""Documents in the root folder, and their pages on the site."""

_CODE = re.compile(r"^```.*?^```[^\n]*$|^    [^\n]*$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
"""Code: what looks like a link in it is none."""
_LINK = re.compile(r"(!?)\[([^\[\]]*)\]\(([^)\s]+)\)")
_ATTRIBUTE = re.compile(r"\b(src|srcset|href)=\"([^\"]+)\"")


class BrokenLink(Exception):
    """A document cites a file that is not in the repository."""


def main(arguments: list[str]) -> int:
    """Build or serve the site; return the exit code."""
    try:
        collect()
        problems = list(unlisted())
    except BrokenLink as error:
        problems = [str(error)]
    if problems:
        print(*problems, sep="\n", file=sys.stderr)
        return 1
    command = [sys.executable, "-m", "zensical"]
    if "--serve" in arguments:
        return _serve([*command, "serve", "--dev-addr", "127.0.0.1:8001"])
    return subprocess.run([*command, "build", "--clean", "--strict"], cwd=ROOT).returncode


def collect() -> None:
    """Make ``build/docs`` hold every page; write only what has changed. Raises BrokenLink."""
    made: set[Path] = set()
    for source in sources():
        path = PAGES / page_of(source)
        content = (ROOT / source).read_bytes()
        if source.endswith(".md"):
            content = page(source, content.decode()).encode()
        made.add(path)
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    for path in PAGES.rglob("*"):
        if path.is_file() and path not in made:
            path.unlink()


def sources() -> Iterator[str]:
    """Yield the repository paths of all documents and their pictures."""
    yield from (name for name in DOCUMENTS if (ROOT / name).exists())
    for path in sorted((ROOT / "docs").rglob("*")):
        if path.is_file():
            yield path.relative_to(ROOT).as_posix()


def page_of(source: str) -> str:
    """Return the site's name for the document or picture at the repository path ``source``."""
    return DOCUMENTS.get(source) or source.removeprefix("docs/")


def page(source: str, text: str) -> str:
    """Return the document ``text`` as a page: its links lead to pages. Raises BrokenLink."""

    def link(match: re.Match[str]) -> str:
        image, label, target = match.groups()
        found = _target(source, target)
        return str(label) if found is None else f"{image}[{label}]({found})"

    def attribute(match: re.Match[str]) -> str:
        name, target = match.groups()
        return f'{name}="{_target(source, target) or target}"'

    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\x00{len(kept) - 1}\x00"

    text = _ATTRIBUTE.sub(attribute, _LINK.sub(link, _CODE.sub(keep, text)))
    return re.sub("\x00([0-9]+)\x00", lambda match: kept[int(match[1])], text)


def unlisted() -> Iterator[str]:
    """Yield a sentence for each page that the navigation lacks, and each that does not exist."""
    nav = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"]
    listed = set(_listed(nav))
    pages = {path.relative_to(PAGES).as_posix() for path in PAGES.rglob("*.md")}
    yield from (f"zensical.toml: nav does not list {name}" for name in sorted(pages - listed))
    yield from (f"zensical.toml: nav lists {name}: no such page" for name in sorted(listed - pages))


def _listed(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    else:
        for part in nav.values() if isinstance(nav, dict) else nav:
            yield from _listed(part)


def _target(source: str, target: str) -> str | None:
    """Return ``target``, a link in the document ``source``, as a link of its page.

    Returns None for a file that has no page.
    """
    if re.match(r"[a-z]+:|#|/", target):
        return target
    address, _, fragment = target.partition("#")
    path = normpath(join(dirname(source), address))
    if not (ROOT / path).exists():
        raise BrokenLink(f"{source}: {target} is not in the repository")
    if path not in DOCUMENTS and not path.startswith("docs/"):
        return None
    found = relpath(page_of(path), dirname(page_of(source)) or ".")
    return f"{found}#{fragment}" if fragment else found


def _serve(command: list[str]) -> int:
    """Serve until Ctrl-C, and collect the pages again after each change."""
    server = subprocess.Popen(command, cwd=ROOT)
    seen = _newest()
    try:
        while server.poll() is None:
            time.sleep(1)
            if (newest := _newest()) != seen:
                seen = newest
                try:
                    collect()
                except BrokenLink as error:
                    print(error, file=sys.stderr)
    except KeyboardInterrupt:
        server.terminate()
    return server.wait()


def _newest() -> float:
    return max((ROOT / source).stat().st_mtime for source in sources())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
