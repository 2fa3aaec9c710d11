"""Check that the project is written in plain English: no retired word, no riddle as a docstring.

    python scripts/language.py [FILE …]    by default every file that git tracks

A retired word is one that this project once used for something that the field has a name for. A
docstring's first line says what the thing does, so it does not open with a question word. Prints
each finding as ``file:line: what is wrong`` and exits 1 if there is one.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPENINGS = re.compile(r"(who|whom|whose|what|where|how|why|which)\b", re.IGNORECASE)
"""A docstring that opens so asks a question or names a riddle."""

RETIRED = {
    "agendas?": "schedule index",
    "bridgeheads?": "delivery tasks",
    "called wrongly": "usage error",
    "couriers?": "dispatcher",
    "the desk": "editors, publishing",
    "desk's": "editors'",
    "DESIGN[.]md": "a page of docs/",
    "HOUSE[.]md": "a page of docs/",
    "go(es)? on from here": "resume",
    "handovers?": "handler, batch",
    'he(?!")': "the user, it, they",  # in quotation marks it is the tag of Hebrew
    "his": "its, their",
    "if not said": "default",
    "is no news": "expires",
    "last words": "end of the log",
    "linger": "close timeout",
    "lobby": "admission queue",
    "luck": "jitter",
    "misunderstood": "protocol error",
    "nobody is told": "a positive sentence",
    "obituar(y|ies)": "failure message",
    "out of the house": "push and webhooks",
    "push[- ]lanes?": "push provider",
    "rehearsals?": "dry run",
    "ripe": "due",
    "strangers?": "untrusted",
    "told twice": "gets the alert twice",
    "typesetter": "item view factory",
    "wishes": "wake queue",
    "wrong usage": "usage error",
}
"""Pattern → what to write instead. Case does not count; an underscore ends a word."""

EXEMPT = {
    *("scripts/language.py", "tests/scripts/test_language.py", "LICENSE", "package-lock.json"),
    "ticker/imports/languages.py",
}
"""Files that quote the words (one is the tag of Hebrew), or are not ours."""
TEXT = {
    ".css", ".html", ".js", ".json", ".lua", ".md", ".mjs", ".py", ".sh", ".toml", ".yaml", ".yml",
}  # fmt: skip
RULES = [
    (
        re.compile(pattern.lower()),
        re.compile(rf"(?<![^\W_]){pattern}(?![^\W_])", re.IGNORECASE),
        plain,
    )
    for pattern, plain in RETIRED.items()
]
"""What a file in lower case matches that may hold the word, the word, what to write instead.

The first begins with a letter, so that it is found a hundred times as fast."""
QUOTED = re.compile(rf"[\"'][\s\\]*{OPENINGS.pattern}", re.IGNORECASE)
"""What a file matches that may hold such a docstring; the others are not parsed."""


def main(arguments: list[str]) -> int:
    """Check the files that ``arguments`` name, or all; return the exit code."""
    names = arguments or _tracked()
    findings = [line for name in names for line in check(name, (ROOT / name).read_text("utf-8"))]
    for line in findings:
        print(line)
    if findings:
        print(f"{len(findings)} findings. CONTRIBUTING.md says how we write.", file=sys.stderr)
    return 1 if findings else 0


def check(name: str, text: str) -> Iterator[str]:
    """Yield the findings in one file's ``text``, in no particular order."""
    lower = text.lower()
    rules = [(word, plain) for anywhere, word, plain in RULES if anywhere.search(lower)]
    for number, line in enumerate(text.splitlines(), 1):
        for word, plain in rules:
            if found := word.search(line):
                yield f"{name}:{number}: “{found[0]}” is retired; write: {plain}"
    if name.endswith(".py") and QUOTED.search(text):
        yield from _openings(name, ast.parse(text))


def _openings(name: str, tree: ast.Module) -> Iterator[str]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, kinds) and (found := OPENINGS.match(ast.get_docstring(node) or "")):
            line = 1 if isinstance(node, ast.Module) else node.lineno
            yield f"{name}:{line}: the docstring opens with “{found[0]}”; say what the thing does"


def _tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return [
        name
        for name in listed.stdout.splitlines()
        if name not in EXEMPT
        and (Path(name).suffix in TEXT or name.startswith("scripts/"))
        and "/dist/" not in name
        and (ROOT / name).is_file()
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
