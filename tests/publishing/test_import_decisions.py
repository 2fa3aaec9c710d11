"""Decisions of an import about an entry: its item is published, updated, withdrawn, or left."""

from __future__ import annotations

from tests.support.drafts import draft
from ticker.domain.errors import Conflict, TickerError
from ticker.publishing.import_record import Incoming
from ticker.publishing.import_result import Imported
from ticker.publishing.service import ItemService

KEY = "feed:1"


async def run(items: ItemService, entry: Incoming) -> Imported | TickerError:
    [found] = await items.importer.run([entry], by="ana")
    return found


async def action(items: ItemService, entry: Incoming) -> str:
    found = await run(items, entry)
    assert isinstance(found, Imported), found
    return found.action


def entry(headline: str | None, **fields: object) -> Incoming:
    return Incoming(KEY, None if headline is None else draft(headline, **fields))


async def test_an_entry_is_followed_until_it_is_withdrawn_and_comes_back(
    items: ItemService,
) -> None:
    assert await action(items, entry(None)) == "unknown"
    for headline, done in (
        ("Ferry late", "published"),
        ("Ferry late", "unchanged"),
        ("Ferry very late", "updated"),
        (None, "withdrawn"),
        (None, "unchanged"),
        ("Ferry runs again", "published"),
    ):
        assert await action(items, entry(headline)) == done, headline


async def test_an_item_that_an_editor_has_ended_is_left_with_a_note(items: ItemService) -> None:
    made = await run(items, entry("Fog in the harbour"))
    assert isinstance(made, Imported)
    assert made.id is not None
    await items.retract(made.id, "wrong", by="ben")
    found = await run(items, entry("Dense fog in the harbour"))
    assert isinstance(found, Imported)
    assert (found.action, found.id, found.state) == ("unchanged", made.id, "retracted")
    assert found.note == "its item is retracted; the source has changed it since"


async def test_two_feeds_of_different_editions_may_not_share_a_key(items: ItemService) -> None:
    await run(items, entry("Frost"))
    assert isinstance(await run(items, entry("Helada", edition="es")), Conflict)
