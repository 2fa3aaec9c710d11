"""Check the rules of the tests; print each breach and exit with 1 if there is one.

- A test file mirrors its source: ``ticker/feeds/websub_store.py`` has the file
  ``tests/feeds/test_websub_store.py``, or ``test_websub_store_<scenario>.py`` there. Code without
  functions needs none; other sources without one are in ``tests/no_test_file.txt``.
- No test sleeps: it waits for a condition with ``tests.support.waiting``.
- No test uses private names of another module. What does so still is in
  ``tests/private_names.txt``; the list only gets shorter.
- A test that answers a browser's requests does so with ``tests.browser.intercept``.
- A test file that starts processes says so with a mark, so that ``--quick`` leaves it out.
- The mark ``long`` is for few tests: those that take more than 1.5 s of a core.

Both lists hold ``path: reason`` lines. A line that is not needed any more is a breach too.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
NO_TEST_FILE = TESTS / "no_test_file.txt"
PRIVATE_NAMES = TESTS / "private_names.txt"

STARTERS = frozenset(
    {
        *("tests.support.newsroom_process", "tests.support.ticker_up"),
        *("tests.support.worker_process", "tests.support.proxies"),
        "tests.web.test_package",
    }
)
"""Modules that start processes of Ticker's, proxies or Node.js, or say where these programs are."""

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

LONG_MAX = 20
"""Tests, or tables of tests, that ``--quick`` may leave out for the time that they take."""

LAYERS = frozenset({"processes", "faults", "browser"})


@lru_cache(maxsize=1)
def walked(tree: ast.AST) -> Sequence[ast.AST]:
    """Return the nodes that the rules look at; each file is walked once."""
    kinds = (ast.Attribute, ast.Call, ast.ImportFrom, ast.List, *DEFINITIONS)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def dotted(node: ast.expr) -> str:
    """Return the name that an expression is, dots included; an empty string if it is none."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def listed(path: Path) -> dict[str, str]:
    """Return path → reason of a list; exit if a line has no reason."""
    found = {}
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, reason = line.partition(": ")
            if not reason.strip():
                sys.exit(f"{path.name}: no reason for {name}")
            found[name] = reason
    return found


def folder_of_tests(source: Path) -> Path:
    """Return the folder that mirrors the source's own, without ``ticker/``."""
    parts = source.relative_to(ROOT).parent.parts
    return TESTS.joinpath(*(parts[1:] if parts[0] == "ticker" else parts))


def has_functions(source: Path) -> bool:
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(ast.parse(source.read_text()))
    )


def without_tests() -> Iterator[str]:
    """Yield each source module that has no test file of its name."""
    for package in ("ticker", "workers"):
        for source in sorted((ROOT / package).rglob("*.py")):
            name = source.parent.name if source.name == "__init__.py" else source.stem
            folder = folder_of_tests(source)
            name = name.strip("_")
            if not _tested(folder, name) and has_functions(source):
                yield str(source.relative_to(ROOT))


def _tested(folder: Path, name: str) -> bool:
    return (folder / f"test_{name}.py").exists() or any(folder.glob(f"test_{name}_*.py"))


def sleeps(tree: ast.AST) -> Iterator[int]:
    """Yield the lines that sleep; ``asyncio.sleep(0)`` only lets other tasks run."""
    for node in walked(tree):
        if isinstance(node, ast.Call) and dotted(node.func) in ("time.sleep", "asyncio.sleep"):
            zero = [ast.unparse(argument) for argument in node.args] == ["0"]
            if not zero:
                yield node.lineno


def routes(tree: ast.AST) -> Iterator[int]:
    """Yield the lines that tell a browser to intercept requests."""
    for node in walked(tree):
        if isinstance(node, ast.Call) and dotted(node.func).endswith(".route"):
            yield node.lineno


def private(name: str) -> bool:
    if name in ("_replace", "_asdict", "_fields"):  # public methods of named tuples
        return False
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


def private_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and name of what belongs to another module and is private there."""
    own = {
        node.attr
        for node in walked(tree)
        if isinstance(node, ast.Attribute) and dotted(node.value) in ("self", "cls")
    } | {node.name for node in walked(tree) if isinstance(node, DEFINITIONS)}
    for node in walked(tree):
        if isinstance(node, ast.Attribute) and private(node.attr) and node.attr not in own:
            yield node.lineno, node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, each.name) for each in node.names if private(each.name))
        elif isinstance(node, ast.Call) and dotted(node.func).endswith("setattr"):
            yield from (
                (node.lineno, arg.value)
                for arg in node.args
                if isinstance(arg, ast.Constant)
                and isinstance(arg.value, str)
                and private(arg.value)
            )


def starts_processes(tree: ast.Module) -> bool:
    return any(
        (isinstance(node, ast.ImportFrom) and node.module in STARTERS)
        or (isinstance(node, ast.List) and ast.unparse(node).startswith("['node',"))
        for node in walked(tree)
    )


def marks(tree: ast.Module) -> list[str]:
    """Return the names of a file's marks, as often as each stands there."""
    return [
        node.attr
        for node in walked(tree)
        if isinstance(node, ast.Attribute) and dotted(node.value) == "pytest.mark"
    ]


def main() -> int:
    wrong: list[str] = []
    allowed = listed(NO_TEST_FILE)
    missing = set(without_tests())
    advice = f"has no test file of its name; write one, or say in {NO_TEST_FILE.name} why not"
    wrong += [f"{name}: {advice}" for name in sorted(missing - set(allowed))]
    wrong += [
        f"{NO_TEST_FILE.name}: {name} is not needed any more; delete the line"
        for name in sorted(set(allowed) - missing)
    ]
    allowed = listed(PRIVATE_NAMES)
    used: set[str] = set()
    long = 0
    for path in sorted(TESTS.rglob("*.py")):
        name = str(path.relative_to(ROOT))
        tree = ast.parse(path.read_text())
        if (TESTS / "support") not in path.parents:
            wrong += [f"{name}:{line}: sleeps; use tests.support.waiting" for line in sleeps(tree)]
        if path.parent == TESTS / "browser" and path.name != "intercept.py":
            wrong += [f"{name}:{line}: use tests.browser.intercept" for line in routes(tree)]
        for number, attribute in private_names(tree):
            key = f"{name} {attribute}"
            used.add(key)
            if key not in allowed:
                wrong.append(f"{name}:{number}: {attribute} is private to another module")
        found = marks(tree)
        starter = path.name.startswith("test_") and starts_processes(tree)
        if starter and LAYERS.isdisjoint(found):
            wrong.append(f"{name}: starts processes and has no mark that says so")
        long += found.count("long")
    if long > LONG_MAX:
        wrong.append(f"{long} tests have the mark long, more than {LONG_MAX}; make some quicker")
    wrong += [
        f"{PRIVATE_NAMES.name}: {name} is not needed any more; delete the line"
        for name in sorted(set(allowed) - used)
    ]
    for line in wrong:
        print(line)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
