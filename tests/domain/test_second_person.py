"""The second person: another name, a secret that no author knows, and time to see it."""

from __future__ import annotations

import pytest

from ticker.domain.actor import Actor
from ticker.domain.clock import parse_ms
from ticker.domain.editor import Editor
from ticker.domain.second_person import objection, person, writers

DAY = 86_400_000
MADE = "2026-11-28T09:00:00.000Z"
NOW = parse_ms(MADE) + DAY


@pytest.mark.parametrize(
    ("editor", "why"),
    [
        (Editor("Ben"), None),
        (Editor("Ben", given_at=MADE, given_by=("Eva",)), None),
        (Editor("Ben", given_at="2026-11-28T09:00:00.001Z"), "24 hours old"),
        (Editor("Ben", given_at="2027-01-01T00:00:00.000Z"), "24 hours old"),
        (Editor("ANA"), "author"),
        (Editor("Ben", given_by=("Dan", "ana"), account=True), "made your password; change it"),
        (Editor("Ben", given_by=("Ana",), given_at=MADE), "made your key"),
    ],
)
def test_who_is_the_second_person(editor: Editor, why: str | None) -> None:
    found = objection(editor, ["Cem", "Ana"], NOW, DAY)
    assert found is None if why is None else why in (found or "")


@pytest.mark.parametrize(
    ("editor", "why"),
    [
        (Editor("Ben"), None),
        (Editor("ana"), "set the address of its feed"),
        (Editor("Ben", given_by=("Ana",)), "made your key"),
        (Editor("Ben", given_by=("ap",)), None),
    ],
)
def test_who_set_the_address_of_a_feed_is_an_author(editor: Editor, why: str | None) -> None:
    found = objection(editor, ["wire:ap", "wire:ap:Ana"], NOW, DAY)
    assert found is None if why is None else why in (found or "")


def test_without_a_wait_a_new_key_counts_at_once() -> None:
    assert objection(Editor("Ben", given_at=MADE), ["Ana"], parse_ms(MADE), 0) is None


def test_one_person_in_two_spellings() -> None:
    assert person("Ana") == person("ＡＮＡ")


@pytest.mark.parametrize(
    ("actor", "found"),
    [
        (None, ["Ben"]),
        (Actor("Eva", given_by=("Ana",)), ["Ben"]),
        (Actor("Ben", given_at=MADE, made_by="Ana"), ["Ben"]),
        (Actor("Ben", given_at="2026-11-28T09:00:00.001Z", made_by="Ana"), ["Ben", "Ana"]),
        (Actor("Ben", given_at=MADE, given_by=("Ana",), made_by="Ana"), ["Ben", "Ana"]),
        (Actor("Ben", given_by=("BEN",)), ["Ben"]),
    ],
)
def test_whoever_knows_the_key_of_an_author_is_one_too(
    actor: Actor | None, found: list[str]
) -> None:
    assert writers("Ben", actor, NOW, DAY) == found
