"""Feeds with one fault each, and beside each the items that a reader makes of it.

A file of ``corpus`` is one input; the file with ``.expected.json`` after its name has what comes
out: the items in the order of publication, the notes about what was mended, and what was left out.
The news is invented.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ticker.domain.draft import read_draft
from ticker.domain.taxonomy import Taxonomy
from ticker.imports.drafts import Defaults, ParsedInput, Unreadable
from ticker.imports.formats import read

CORPUS = Path(__file__).parent / "corpus"
ROOT = Path(__file__).parents[2]
END = ".expected.json"
NOW = datetime(2026, 11, 28, 20, tzinfo=UTC)
INPUTS = sorted(file.name for file in CORPUS.iterdir() if not file.name.endswith(END))
UNMENDED = {"ndjson-embargo.ndjson", "ndjson-at-without-zone.ndjson"}
"""Inputs with a draft that the server refuses on purpose."""


def outcome(name: str) -> tuple[dict[str, Any], dict[str, Any], ParsedInput | None]:
    """Return what is expected of an input, what comes out, and all of it."""
    expected: dict[str, Any] = json.loads((CORPUS / (name + END)).read_text("utf-8"))
    given = ("edition", "url", "charset")
    found: dict[str, Any] = {key: expected[key] for key in given if key in expected}
    defaults = Defaults(found.get("edition", "en"))
    data = (CORPUS / name).read_bytes()
    try:
        parsed = read(data, defaults, now=NOW, url=found.get("url"), charset=found.get("charset"))
    except Unreadable as error:
        return expected, found | {"unreadable": str(error)}, None
    entries = [one for one in parsed.entries if not one.withdrawn]
    told = {
        "withdrawn": parsed.withdrawn,
        "notes": [*parsed.notes, *(note for one in parsed.entries for note in one.notes)],
        "rejected": [f"{one.number}/{one.line}: {one.message}" for one in parsed.rejected],
        "skipped": [f"{one.number}/{one.line}: {one.message}" for one in parsed.skipped],
    }
    found["items"] = [
        {key: value for key, value in one.draft.items() if key != "key"} for one in entries
    ]
    return expected, found | {name: value for name, value in told.items() if value}, parsed


def test_the_corpus_is_large() -> None:
    assert len(INPUTS) >= 100


@pytest.mark.parametrize("name", INPUTS)
def test_an_input_becomes_the_items_beside_it(name: str) -> None:
    expected, found, parsed = outcome(name)
    assert found == expected
    keys = [] if parsed is None else [draft["key"] for draft in parsed.drafts]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"[!-~]{1,255}", key) for key in keys)
    if name not in UNMENDED:
        for item in found.get("items", ()):
            read_draft(item, Taxonomy())


def test_the_published_schema_accepts_the_items_and_refuses_misspellings() -> None:
    schema = json.loads((ROOT / "docs/reference/import-line.schema.json").read_text("utf-8"))
    check = Draft202012Validator(schema)
    for name in INPUTS:
        for item in outcome(name)[1].get("items", ()):
            assert not list(check.iter_errors(item)), name
    assert check.is_valid({"key": "g1", "status": "canceled"})
    for wrong in ({}, {"key": "g1"}, {"headline": "a", "tagz": []}, {"headline": "x" * 281}):
        assert not check.is_valid(wrong)
