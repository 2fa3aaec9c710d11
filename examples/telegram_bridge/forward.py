"""The bridge's handler: updates the chat for each event and after each reset."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from examples.telegram_bridge.chat import Chat, Rejected
from examples.telegram_bridge.ledger import Ledger
from examples.telegram_bridge.text import message
from ticker.client import Batch, Editor, Item, ItemEvent, NotFound, Retracted, Skip, Snapshot


class Forwarder:
    """Updates the chat with each batch. Requests items from ``newsroom`` only after a reset."""

    def __init__(
        self, chat: Chat, ledger: Ledger, newsroom: Editor, log: Callable[[str], None]
    ) -> None:
        self._chat = chat
        self._ledger = ledger
        self._newsroom = newsroom
        self._log = log

    async def __call__(self, batch: Batch) -> None:
        if batch.snapshot is not None:
            self._log(f"reset ({batch.reset}): comparing the chat with the newsroom")
            await self._reconcile(batch.snapshot)
        for event in batch.events:
            try:
                await self._forward(event)
            except Rejected as error:
                raise Skip(event, str(error)) from error

    async def _forward(self, event: ItemEvent) -> None:
        """Apply an event to the chat; save its cursor together with the result."""
        if event.action == "retract":
            await self._remove(event.item.id, event.cursor)
        elif event.removal:
            # Expired, or no longer matching the filter. A chat is an archive: keep the message, and
            # its id, because a retraction may follow.
            await self._ledger.save(event.cursor)
        else:
            await self._show(event.item, event.cursor)

    async def _show(self, item: Item, cursor: str | None = None) -> None:
        known = self._ledger.find(item.id)
        if known is None:
            number = await self._chat.send(message(item))
        elif item.version <= known.version or await self._chat.edit(known.message, message(item)):
            number = known.message
        else:
            number = await self._chat.send(message(item))  # deleted in the chat: send it again
        self._ledger.keep(item, number, cursor)

    async def _remove(self, item: str, cursor: str | None = None) -> None:
        known = self._ledger.find(item)
        if known is not None:
            await self._chat.delete(known.message)
        self._ledger.forget(item, cursor)

    async def _reconcile(self, snapshot: Snapshot) -> None:
        """Send or edit the items of the snapshot; request the state of all other known items.

        Each step is saved when it is done, so after a crash only the rest is done.
        """
        current = sorted(snapshot.items, key=lambda item: item.published_at)
        listed = {item.id for item in current}
        for item in current:
            if self._ledger.find(item.id) is not None or item.published_at >= self._ledger.began:
                await self._or_log(self._show(item))
        for known in self._ledger.all():
            if known.item in listed:
                continue
            try:
                detail = await self._newsroom.get(known.item)
            except Retracted:
                await self._or_log(self._remove(known.item))
            except NotFound:
                continue  # the newsroom no longer has it
            else:
                if detail.item.headline:
                    await self._or_log(self._show(detail.item))

    async def _or_log(self, step: Awaitable[None]) -> None:
        try:
            await step
        except Rejected as error:
            self._log(f"skipped: {error}")
