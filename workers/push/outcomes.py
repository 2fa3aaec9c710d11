"""Acts on the answers to a batch: deletions, quarantine, a stop of the provider."""

from __future__ import annotations

import logging

from ticker.push.model.subscription import ProviderName
from ticker.push.model.verdicts import Outcome, suspicious
from ticker.push.store.progress import HELD
from ticker.push.store.provider_state import ProviderStop
from workers.push.batch import Batch
from workers.push.context import PushContext

log = logging.getLogger(__name__)

MISMATCH_MIN = 20
"""Mismatched tokens, at least, before they count as a wrong set-up."""


class Outcomes:
    """Acts on the outcomes of one provider's batches. What cannot be believed deletes nothing."""

    def __init__(self, context: PushContext, provider: ProviderName, setup: str) -> None:
        """``setup`` is the sender's, which a stop remembers."""
        self._context = context
        self._provider = provider
        self._setup = setup

    async def apply(self, batch: Batch) -> None:
        """Delete, quarantine and stop as the answers say, and count it in ``batch.tally``.

        It may add to ``batch.pending`` and set ``batch.stop``. Raises Unavailable.
        """
        context = self._context
        if batch.mismatched:
            await self._quarantine(batch)
        else:
            context.count_tokens(self._provider, batch.asked)
        for server, answers in batch.answers.items():
            await self._judge_gone(batch, server, answers)
        if batch.prune:
            await context.subscriptions.prune(self._provider, _records(batch, batch.prune))
        await context.subscriptions.judge_unproven(batch.unknown_accepted, batch.unknown_failed)
        if batch.stop is not None:
            stop = ProviderStop(batch.stop, context.clock_ms(), self._setup)
            if await context.providers.stop(self._provider, stop):
                log.error("%s is stopped, nothing is sent: %s", self._provider, batch.stop)

    async def _judge_gone(self, batch: Batch, server: str, answers: int) -> None:
        """Delete the devices that ``server`` calls gone, unless they are suspiciously many."""
        context, gone = self._context, batch.gone.get(server, [])
        watch, delete = await context.gone.count(
            self._provider, server, answers, len(gone), context.clock_ms()
        )
        if watch is not None:
            log.error(
                "%s: %s calls %d of its last %d devices gone; none is deleted. If they are gone, "
                "confirm it: ticker push confirm-gone %s",
                *(self._provider, server, watch.gone, watch.answers, self._provider),
            )
        if delete:
            batch.prune += gone
            if gone:
                batch.tally.add(Outcome.PRUNE, len(gone))
        elif gone:
            batch.tally.add(HELD, len(gone))

    async def _quarantine(self, batch: Batch) -> None:
        """Quarantine mismatched tokens, but never many: then the fault is ours.

        Where most tokens of this process do not fit, it uses the wrong environment: stop. A smaller
        share is not enough to stop for, because anybody can register invalid tokens.
        """
        context, count = self._context, len(batch.mismatched)
        asked, mismatched = context.count_tokens(self._provider, batch.asked, count)
        if not suspicious(mismatched, asked) or await context.gone.confirmed(self._provider):
            batch.tally.add(Outcome.QUARANTINE, count)
            records = _records(batch, batch.mismatched)
            await context.subscriptions.quarantine(self._provider, records)
            return
        share = f"{mismatched} of {asked} tokens do not fit"
        if mismatched >= MISMATCH_MIN and mismatched * 2 > asked:
            batch.stop = f"{share}: is this the right environment, app and key?"
            batch.retry(batch.mismatched, context.clock_ms())
            context.reset_token_counts(self._provider)
        else:
            batch.tally.add(Outcome.DROP, count)
            log.error("%s: %s, none is quarantined: wrong environment?", self._provider, share)


def _records(batch: Batch, ids: list[str]) -> list[tuple[str, bytes]]:
    return [(id, batch.records[id]) for id in ids if id in batch.records]
