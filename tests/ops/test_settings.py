"""The settings in the files that we ship are valid, and every name in them and in the docs exists.

`ticker config check` says the same of a machine's own settings.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from ticker.config.load import load_from
from ticker.config.sources import unknown_names

ROOT = Path(__file__).parents[2]
SYSTEMD = ROOT / "deploy" / "systemd"
CHART = ROOT / "deploy" / "helm" / "ticker"
TEXTS = (
    *("README.md", "PROTOCOL.md", "CONTRIBUTING.md", "Dockerfile", "docker-compose.yml"),
    *("ticker.toml", "deploy/**/*", "docs/**/*.md", "scripts/*", "examples/**/*.md", ".ci/*"),
)
NAME = re.compile(r"(?<![A-Z_])TICKER_[A-Z_]*[A-Z]\b")
PLACEHOLDERS = {"TICKER_NAME"}
"""Names in the docs that stand for any setting."""


def checked(environment: Mapping[str, str], file: Path | None = None) -> None:
    """Check what the command `ticker config check` checks."""
    load_from({"TICKER_CONFIG": os.devnull, **environment}, file)


def of_units() -> Iterator[tuple[str, dict[str, str]]]:
    shared = next(SYSTEMD.glob("*.d/*.conf")).read_text()
    for unit in sorted(SYSTEMD.glob("*.service")):
        lines = re.findall(r"^Environment=(.*)$", shared + unit.read_text(), re.MULTILINE)
        pairs = [pair.partition("=") for line in lines for pair in shlex.split(line)]
        yield unit.name, {name: value for name, _, value in pairs}


def of_compose() -> Iterator[tuple[str, dict[str, str]]]:
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", (ROOT / "docker-compose.yml").read_text())
    for name, service in yaml.safe_load(text)["services"].items():
        yield name, {key: str(value) for key, value in service.get("environment", {}).items()}


SHIPPED = [*of_units(), *of_compose()]


@pytest.mark.parametrize(("name", "environment"), SHIPPED, ids=[name for name, _ in SHIPPED])
def test_units_and_compose_have_valid_settings(name: str, environment: dict[str, str]) -> None:
    checked({key: value for key, value in environment.items() if key != "TICKER_CONFIG"})


def test_the_shipped_file_is_valid_with_and_without_its_comments(tmp_path: Path) -> None:
    shipped = ROOT / "ticker.toml"
    checked({}, shipped)
    all_set = tmp_path / "ticker.toml"
    all_set.write_text(re.sub(r"(?m)^# (?=\w+ = )", "", shipped.read_text()))
    checked({}, all_set)


def test_the_chart_s_examples_have_valid_settings(tmp_path: Path) -> None:
    for path in sorted((CHART / "ci").iterdir()):
        values = yaml.safe_load(path.read_text())
        file = tmp_path / "ticker.toml"
        file.write_text(values.get("tickerToml") or "")
        checked({name: str(value) for name, value in values.get("config", {}).items()}, file)


def test_every_name_in_files_and_docs_exists() -> None:
    found = {
        name: path
        for pattern in TEXTS
        for path in ROOT.glob(pattern)
        if path.is_file()
        for name in NAME.findall(path.read_text(errors="ignore"))
    }
    assert len(found) > 30
    assert unknown_names(dict.fromkeys(found.keys() - PLACEHOLDERS, "")) == []
