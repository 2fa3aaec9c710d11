"""An imported entry is known again, with what its source changed since."""

from __future__ import annotations

from tests.support.drafts import draft
from ticker.config import Settings
from ticker.domain.errors import TickerError
from ticker.publishing.import_record import Incoming, digests, source_changes
from ticker.publishing.import_result import Imported
from ticker.publishing.service import ItemService
from ticker.publishing.transitions import publish
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


def ok(result: Imported | TickerError) -> Imported:
    assert isinstance(result, Imported), result
    return result


def test_what_an_editor_corrected_stays_while_the_source_changes_another_field(
    settings: Settings,
) -> None:
    taxonomy = settings.taxonomy
    first = draft("Ferry late", summary="One berth is shut.")
    item = publish(first, taxonomy, id="0" * 26, by="wire", now_ms=0).item
    edited = item.model_copy(update={"headline": "Ferry is late"})
    entry = Incoming("k", draft("Ferry late", summary="Both berths are shut."))
    assert entry.draft is not None
    changes = source_changes(
        *(entry, entry.draft, edited, digests(Incoming("k", first))),
        taxonomy.editions[item.edition],
    )
    assert changes == {"summary": "Both berths are shut."}


async def test_an_import_again_publishes_nothing(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    entries = [Incoming(f"k{n}", draft()) for n in range(20)]
    first = [ok(one) for one in await items.importer.run(entries, by="ana")]
    again = [ok(one) for one in await items.importer.run(entries, by="ben")]
    assert {one.action for one in again} == {"unchanged"}
    assert [one.id for one in again] == [one.id for one in first]
    assert [one.wire_id for one in first] == sorted(one.wire_id for one in first if one.wire_id)
    assert await redis.xlen(keys.wire) == 20
    assert await items.importer.run([], by="ana") == []
