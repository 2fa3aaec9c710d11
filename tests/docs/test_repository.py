"""The documents and workflows of the repository name what is there."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).parent.parent.parent
LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
CODE = re.compile(r"^(```|~~~).*?^\1|^(?: {4}|\t).*?$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
PATH = re.compile(
    r"`((?:\.ci|\.github|benchmarks|deploy|docs|examples|scripts|tests|ticker|workers)/[\w./-]*)`"
)
REFERENCE = re.compile(r"``([a-z_]+(?:\.\w+)+)``")
SECTIONS = ["Context", "Decision", "Rejected", "Consequences"]
RELEASED = re.compile(r"[\w.-]+(?:/[\w.-]+)+@v\d+\.\d+\.\d+")


@cache
def tracked(*patterns: str) -> tuple[str, ...]:
    """Return the files that git would commit, new ones included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(name for name in listed.stdout.splitlines() if (ROOT / name).is_file())


def load(name: str) -> Any:
    return yaml.load((ROOT / name).read_text(), Loader=Lenient)


class Lenient(yaml.SafeLoader):  # type: ignore[misc]  # yaml has no types
    """Reads tags that it does not know (MkDocs has some) as None."""


Lenient.add_multi_constructor("", lambda loader, suffix, node: None)

DECISIONS = [name for name in tracked("docs/decisions") if re.search(r"/\d{4}-", name)]
WORKFLOWS = tracked(".github/workflows")


@pytest.mark.parametrize("name", tracked("*.md"))
def test_relative_links_lead_to_files(name: str) -> None:
    text = CODE.sub("", (ROOT / name).read_text())
    paths = [target.partition("#")[0] for target in LINK.findall(text)]
    local = [path for path in paths if path and not re.match(r"[a-z][a-z0-9+.-]*:|/", path)]
    assert [path for path in local if not ((ROOT / name).parent / path).exists()] == []


@pytest.mark.parametrize("name", tracked("*.md"))
def test_paths_in_documents_exist(name: str) -> None:
    named = PATH.findall((ROOT / name).read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_docstrings_name_modules_that_exist() -> None:
    """A name such as ``push.model.alert_decision.TTL`` leads to a module that has the name."""
    wrong = [
        f"{name}: {reference}"
        for name in tracked("ticker/*.py", "workers/*.py")
        for reference in REFERENCE.findall((ROOT / name).read_text())
        if not leads_somewhere(reference.removeprefix("ticker.").split("."))
    ]
    assert wrong == []


def leads_somewhere(parts: list[str]) -> bool:
    """Return whether the parts after a folder of ``ticker`` are modules, and names in them."""
    at = ROOT / "ticker" / parts[0]
    if not (at / "__init__.py").exists():
        return True  # of something else
    for index, part in enumerate(parts[1:], 1):
        if (module := at / f"{part}.py").exists():
            return all(one in module.read_text() for one in parts[index + 1 :])
        if not (at / part).is_dir():
            return False
        at /= part
    return True


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/internals/architecture.md"])
def test_the_guides_for_contributors_name_paths(name: str) -> None:
    assert len(PATH.findall((ROOT / name).read_text())) > 30


def test_the_architecture_names_every_folder_of_the_code() -> None:
    text = (ROOT / "docs/internals/architecture.md").read_text()
    table = text.partition("## How the code is laid out")[2]
    packages = {f"`{name.rpartition('/')[0]}`" for name in tracked("ticker/*/__init__.py")}
    top = {name for name in packages if name.count("/") == 1}
    assert len(top) > 25
    assert [name for name in sorted(top) if name not in table] == []


# The chart's templates are YAML only after helm has rendered them.
@pytest.mark.parametrize("name", tracked("*.yml", "*.yaml", ":!deploy/helm/*/templates/*"))
def test_yaml_files_parse(name: str) -> None:
    assert load(name)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflows_are_bounded_and_pinned(name: str) -> None:
    workflow = load(name)
    assert workflow["permissions"] == {"contents": "read"}
    assert "secrets." not in (ROOT / name).read_text()
    for job, body in workflow["jobs"].items():
        if "uses" in body:
            assert body["uses"].startswith("./"), job
            continue
        assert 1 <= body["timeout-minutes"] <= 60, job
        for step in body["steps"]:
            assert "uses" not in step or RELEASED.fullmatch(step["uses"]), step


def test_the_hosted_checks_are_those_of_the_gate() -> None:
    steps = load(".github/workflows/ci.yml")["jobs"]["check"]["steps"]
    assert steps[-1]["run"] == "bash .ci/run"


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_has_its_sections(name: str) -> None:
    text = (ROOT / name).read_text()
    number = Path(name).name[:4]
    assert re.match(rf"# {number}: \S", text)
    assert re.search(r"^Status: (proposed|accepted|replaced by \d{4})\b", text, re.MULTILINE)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS


def test_the_index_lists_every_decision_in_order() -> None:
    index = (ROOT / "docs/decisions/index.md").read_text()
    listed = re.findall(r"^\| \[(\d{4})\]\(([\w.-]+)\) \|", index, re.MULTILINE)
    assert [file for _, file in listed] == [Path(name).name for name in DECISIONS]
    numbers = [number for number, _ in listed]
    assert numbers == sorted(set(numbers)), "each number once; a gap may be filled later"


def test_the_glossary_defines_each_word_once() -> None:
    text = (ROOT / "docs/internals/glossary.md").read_text()
    terms = [
        term.lower()
        for heads in re.findall(r"^- ((?:\*\*[^*]+\*\*(?:, )?)+):", text, re.MULTILINE)
        for term in re.findall(r"\*\*([^*]+)\*\*", heads)
    ]
    assert len(terms) > 50
    assert len(terms) == len(set(terms))
