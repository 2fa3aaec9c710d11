"""Times of a failover, counted from the decision of the sentinels. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from tests.chaos.records import Act, LaneEntry, ReaderLog

PUBLISH_SECONDS, SCREENS_SECONDS = 1.0, 2.0
"""What is promised, on a machine that has time for it."""


def times(
    decided: float, acts: Sequence[Act], lane: Sequence[LaneEntry], readers: Sequence[ReaderLog]
) -> tuple[float | None, float | None]:
    """Return the seconds to the next acknowledgement, and until every reader has a new item.

    Only items that are in the lane in the end count: what a demoted primary accepts is lost.
    """
    stayed = {entry.item for entry in lane}
    after = {
        act.item: act.acknowledged
        for act in acts
        if act.kind == "publish"
        and act.acknowledged is not None
        and act.acknowledged > decided
        and act.item in stayed
    }
    screens = [
        next(
            (
                seen.at
                for seen in reader.seen
                if seen.at > decided and any(shown.item in after for shown in seen.shown)
            ),
            None,
        )
        for reader in readers
    ]
    to_publish = min(after.values(), default=None)
    known = [at for at in screens if at is not None]
    return (
        None if to_publish is None else to_publish - decided,
        max(known) - decided if known and len(known) == len(screens) else None,
    )
