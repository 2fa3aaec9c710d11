"""The handler: what each event, and each reset, means for the chat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from examples.telegram_bridge.chat import Chat, Rejected
from examples.telegram_bridge.ledger import Ledger
from examples.telegram_bridge.text import message
from ticker.client import Batch, Editor, Item, ItemEvent, NotFound, Retracted, Skip, Snapshot


class Forwarder:
    """Brings the chat up to date with each batch; ``newsroom`` is asked after a reset only."""

    def __init__(
        self, chat: Chat, ledger: Ledger, newsroom: Editor, say: Callable[[str], None]
    ) -> None:
        self._chat = chat
        self._ledger = ledger
        self._newsroom = newsroom
        self._say = say

    async def __call__(self, batch: Batch) -> None:
        if batch.snapshot is not None:
            self._say(f"reset ({batch.reset}): comparing the chat with the newsroom")
            await self._reconcile(batch.snapshot)
        for event in batch.events:
            try:
                await self._forward(event)
            except Rejected as error:
                raise Skip(event, str(error)) from error

    async def _forward(self, event: ItemEvent) -> None:
        """Do what the event says; its cursor is kept with the outcome."""
        if event.action == "retract":
            await self._remove(event.item.id, event.cursor)
        elif event.removal:
            # Its time on the screen is over. A chat is an archive: the message stays, and is still
            # known, should a retraction follow.
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
            number = await self._chat.send(message(item))  # somebody deleted it: say it anew
        self._ledger.keep(item, number, cursor)

    async def _remove(self, item: str, cursor: str | None = None) -> None:
        known = self._ledger.find(item)
        if known is not None:
            await self._chat.delete(known.message)
        self._ledger.forget(item, cursor)

    async def _reconcile(self, snapshot: Snapshot) -> None:
        """Send and edit what the snapshot has; ask about each message that it does not speak of.

        Each step is kept as it is done: after a crash the rest is done, and nothing is sent twice.
        """
        out = sorted(snapshot.items, key=lambda item: item.published_at)
        spoken_of = {item.id for item in out}
        for item in out:
            if self._ledger.find(item.id) is not None or item.published_at >= self._ledger.began:
                await self._or_say(self._show(item))
        for known in self._ledger.all():
            if known.item in spoken_of:
                continue
            try:
                detail = await self._newsroom.get(known.item)
            except Retracted:
                await self._or_say(self._remove(known.item))
            except NotFound:
                continue  # the newsroom remembers nothing of it
            else:
                if detail.item.headline:
                    await self._or_say(self._show(detail.item))

    async def _or_say(self, step: Awaitable[None]) -> None:
        try:
            await step
        except Rejected as error:
            self._say(f"skipped: {error}")
