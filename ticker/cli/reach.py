"""Counts of those whom a publication interrupts: devices by provider, and readers on screen now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from ticker.cli import time_zone

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ticker.cli.bidi import Mode
    from ticker.client.push import PushEditor

LOUD = ("bulletin", "flash")
"""Levels that interrupt readers without an alert too."""
COUNTED_IN = 2.0
"""Seconds that the newsroom has to count devices and readers. Later counts are not shown."""

Line: TypeAlias = tuple[str, str | None]
"""A line of the preview and its style."""
More: TypeAlias = "Callable[[int, Mode, datetime], list[Line]]"
"""Further lines of the preview: takes a width, how to order right-to-left text, and the time."""


async def counts(
    item: Mapping[str, Any], checked: bool
) -> tuple[dict[str, int] | None, int | None, More]:
    """Return the subscriptions by provider, the readers whose page is open, and further lines.

    Either of the first is None if the newsroom does not tell it, or if it does not matter for
    ``item``. Of a draft, the newsroom's preview counts those that the item concerns, and tells the
    alerts of today and similar items. Of an item that it has, all subscriptions are counted.
    """
    import asyncio

    from ticker.cli.runner import settings
    from ticker.client.push import PushEditor

    found = settings()
    client = PushEditor(found.url, found.key, attempts=1, timeout=COUNTED_IN)
    async with client:
        if "id" not in item and (told := await _previewed(client, item, checked)) is not None:
            return told
        devices, readers = await asyncio.gather(
            _devices(client, wanted=bool(item.get("push"))),
            _readers(client, item, wanted=item.get("level") in LOUD),
        )
        return devices, readers, lambda width, mode, now: []


async def _previewed(
    client: PushEditor, draft: Mapping[str, Any], checked: bool
) -> tuple[dict[str, int] | None, int | None, More] | None:
    """Return what the newsroom's preview tells; None if it gives none.

    With ``checked``, raises Refused for a draft that the editor may not or cannot publish.
    """
    from ticker.cli import preview as previews
    from ticker.cli.runner import reading_response
    from ticker.cli.status import PROVIDERS
    from ticker.client.errors import ClientError, Forbidden, Invalid, Unauthorised

    # Files are uploaded after the answer, and get their addresses then.
    pictures = [one for one in draft.get("media") or () if "file" not in one]
    draft = {**draft, "media": pictures}
    try:
        found = await client.preview(draft, since=previews.midnight(time_zone.shown_now()))
        with reading_response():
            reach = found["interrupts"]
            devices = {
                PROVIDERS.get(name, name): int(count)
                for name, count in reach["subscriptions"].items()
            }
            readers = int(reach["readers"]) if draft.get("level") in LOUD else None
            list(map(dict, (found["alerts_today"], *found["warnings"])))
    except ClientError as error:
        if checked and isinstance(error, (Forbidden, Invalid, Unauthorised)):
            raise
        return None

    def more(width: int, mode: Mode, now: datetime) -> list[Line]:
        with reading_response():
            return [
                *previews.today(found, now, width, mode),
                *previews.warnings(found, now, width, mode),
            ]

    return (devices if draft.get("push") else None), readers, more


async def _devices(client: PushEditor, *, wanted: bool) -> dict[str, int] | None:
    from ticker.cli.runner import reading_response
    from ticker.cli.status import PROVIDERS
    from ticker.client.errors import ClientError

    if not wanted:
        return None
    try:
        status = await client.push_status()
        with reading_response():
            return {
                PROVIDERS.get(one.provider, one.provider): int(one.json["subscriptions"])
                for one in status.providers
            }
    except ClientError:  # what is wrong with the newsroom, the change itself will say
        return None


async def _readers(client: PushEditor, item: Mapping[str, Any], *, wanted: bool) -> int | None:
    """Return the readers of the item's edition, and of all editions; others do not get it."""
    from ticker.cli.runner import reading_response
    from ticker.client.errors import ClientError

    if not wanted:
        return None
    try:
        found = await client.audience()
        with reading_response():
            editions = found["editions"]
            return sum(int(editions.get(name, 0)) for name in (item.get("edition"), "all"))
    except ClientError:  # a key that may not ask, or a newsroom that is away
        return None
