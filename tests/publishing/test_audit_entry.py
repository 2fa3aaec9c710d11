"""Entries of the audit: no text in the entry, and texts that fit their hashes alone are shown."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from tests.support.in_memory import TAXONOMY
from ticker.domain.actor import Actor
from ticker.domain.draft import Draft
from ticker.domain.item import Item
from ticker.publishing import transitions
from ticker.publishing.audit_entry import TEXTS, of_action, of_item, shown, text_hash

EVA = Actor("Eva", "chief", "k1", "192.0.2.7")


def item(**fields: Any) -> Item:
    draft = Draft.model_validate({"headline": "Ferry adrift", "edition": "en"} | fields)
    return transitions.publish(draft, TAXONOMY, id="01", by="Eva", now_ms=1_764_000_000_000).item


def test_an_entry_has_hashes_in_place_of_the_texts() -> None:
    before, after = item(level="urgent"), item(level="flash", summary="All are safe")
    made = of_item("update", EVA, "r1", before, after)
    assert b"All are safe" not in made.entry
    assert orjson.loads(made.texts) == {"summary": [None, "All are safe"]}
    entry = orjson.loads(made.entry)
    assert entry["fields"] == {"level": ["urgent", "flash"]}
    assert entry["hashes"] == {"summary": [None, hashlib.sha256(b"All are safe").hexdigest()]}
    found = shown("1-0", entry, orjson.loads(made.texts))
    assert found["changes"]["summary"] == {"before": None, "after": "All are safe"}
    assert "summary" not in shown("1-0", entry, None)["changes"]
    forged = shown("1-0", entry, {"summary": [None, "All are lost"]})
    assert "summary" not in forged["changes"]


def test_a_new_item_has_what_was_given_to_it() -> None:
    made = of_item("publish", EVA, "r1", None, item(tags=["ferry"], note="from Ana"))
    entry = orjson.loads(made.entry)
    assert set(orjson.loads(made.texts)) == {"headline", "tags", "note"} == set(entry["hashes"])
    assert set(entry["fields"]) == {"level", "edition", "language", "dir"}


def test_every_text_that_an_editor_writes_is_one_of_the_texts() -> None:
    """A new field of an item is a text until somebody says that it is none."""
    names_and_times = {
        *("id", "version", "status", "level", "edition", "language", "dir", "sections", "regions"),
        *("verification", "published_at", "updated_at", "expires_at", "pinned", "state"),
        *("created_by", "authors", "approved_by", "break_glass", "embargo_until", "test", "reach"),
        *("undo_until", "replaces", "replaced_by"),
    }
    assert set(Item.model_fields) == names_and_times | TEXTS


def test_an_action_on_something_else_has_its_address() -> None:
    made = of_action("create_key", EVA, "r1", "/v1/keys/k2", {"role": (None, "chief")}, "new desk")
    found = shown("1-0", orjson.loads(made.entry), None)
    assert (found["target"], found["item"], found["by"]) == ("/v1/keys/k2", None, "Eva")
    assert found["changes"] == {"role": {"before": None, "after": "chief"}}
    assert found["reason"] == "new desk"
    assert (
        shown("1-0", orjson.loads(of_action("x", EVA, "r1", "", {}).entry), None)["changes"] == {}
    )


def test_no_value_has_no_hash() -> None:
    nothing: tuple[object, ...] = (None, "", [], False)
    assert [text_hash(value) for value in nothing] == [None] * 4
    assert text_hash(["a"]) == hashlib.sha256(b'["a"]').hexdigest()
