"""Find the line of each key in a TOML document, which ``tomllib`` does not tell. Pure."""

from __future__ import annotations

import re

Path = tuple[str, ...]

_KEY = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")
_SKIPPED = re.compile(
    r'''"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*''', re.DOTALL
)


def key_lines(text: str) -> dict[Path, int]:
    """Return the line, from 1, of each key and table of the valid document ``text``.

    Keys inside inline tables and arrays have the line of the key that holds them: they are not
    listed.
    """
    found: dict[Path, int] = {}
    table: Path = ()
    depth = 0
    lines = _blanked(text).split("\n")
    originals = text.split("\n")
    for number, (line, original) in enumerate(zip(lines, originals, strict=True), 1):
        begins = depth == 0
        depth += line.count("[") + line.count("{") - line.count("]") - line.count("}")
        if not begins or not line.strip():
            continue
        if line.lstrip().startswith("["):
            table = _path(original.lstrip().lstrip("["))
            found.setdefault(table, number)
        elif "=" in line:
            found.setdefault((*table, *_path(original)), number)
    return found


def _blanked(text: str) -> str:
    """Return ``text`` with every string and comment as blanks; line breaks stay."""
    return _SKIPPED.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def _path(text: str) -> Path:
    """Return the dotted key with which ``text`` begins."""
    parts: list[str] = []
    at = 0
    while (found := _KEY.match(text, at)) is not None:
        parts.append(next(part for part in found.groups() if part is not None))
        at = found.end()
        if text[at : at + 1] != ".":
            break
        at += 1
    return tuple(parts)
