"""Decide whether a run kept the promises of docs/reliability.md. Pure.

The lane at the end of the run is the truth that readers are compared with. What was acknowledged
is compared with the lane: it must be there, or its retraction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.chaos.records import Act, Injected, LaneEntry, ReaderLog, Seen, Shown
from ticker.domain.cursor import Cursor, StreamId

AROUND = 1.0
"""Seconds before and after a failover that belong to it: an answer was on its way."""
EXAMPLES = 5
"""Breaches of each kind that are told in words; all are counted."""


@dataclass(slots=True)
class Verdict:
    """Counts, and sentences about the first breaches of each kind."""

    published: int = 0
    """Requests that publish, whether they were answered or not."""
    acknowledged: int = 0
    retracted: int = 0
    lost: int = 0
    """Acknowledged items that are not in the lane."""
    lost_by_failover: int = 0
    """Those that were acknowledged in the time of a failover that promises nothing for them."""
    doubled_items: int = 0
    """Requests that became two items."""
    events: int = 0
    """Events that readers got, all together."""
    missed: int = 0
    """Events of the lane that a reader did not get, and was not told of by a reset."""
    doubled: int = 0
    """Events that a reader got twice without a reset in between."""
    out_of_order: int = 0
    withdrawn_shown: int = 0
    """Texts that a reader got after their retraction."""
    ghosts: int = 0
    """Items that a reader still shows though the lane has removed or never had them."""
    resets: Counter[str] = field(default_factory=Counter)
    """By reader's transport."""
    faults: list[Injected] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return not self.breaches

    def breach(self, count: str, text: str) -> None:
        """Count a breach and keep its text if it is among the first."""
        number = getattr(self, count) + 1
        setattr(self, count, number)
        if number <= EXAMPLES:
            self.breaches.append(f"{count}: {text}")


def check(
    acts: Sequence[Act],
    lane: Sequence[LaneEntry],
    readers: Sequence[ReaderLog],
    faults: Sequence[Injected],
) -> Verdict:
    """Return the verdict on a run that has ended and settled."""
    verdict = Verdict(faults=list(faults))
    wiped = max((fault.ended for fault in faults if fault.wipes), default=0.0)
    _acts(verdict, acts, lane, wiped)
    removed = _removed(lane)
    withdrawn = _Withdrawn(acts, faults, lane)
    for reader in readers:
        _reader(verdict, reader, lane, removed, withdrawn)
    for fault in faults:
        if fault.recovered is None:
            verdict.breaches.append(f"not recovered: {fault.name} at {fault.began:.1f} s")
        if fault.must_answer and not fault.refusals[fault.must_answer]:
            told = f"{fault.name} at {fault.began:.1f} s without {fault.must_answer}"
            verdict.breaches.append(f"not told: {told}")
        if fault.red:
            servers = ", ".join(fault.red[:EXAMPLES])
            verdict.breaches.append(f"not ready: {fault.name} at {fault.began:.1f} s: {servers}")
    return verdict


def _acts(verdict: Verdict, acts: Sequence[Act], lane: Sequence[LaneEntry], wiped: float) -> None:
    in_lane = {entry.item for entry in lane}
    gone = {entry.item for entry in lane if entry.action == "retract"}
    for act in acts:
        if act.kind == "publish":
            verdict.published += 1
        if act.acknowledged is None:
            continue
        excused = act.acknowledged <= wiped
        by_failover = any(in_failover(act.acknowledged, fault) for fault in verdict.faults)
        if len(act.answers) > 1:
            verdict.breach("doubled_items", f"{act.text!r} became {sorted(act.answers)}")
        if act.kind == "retract":
            verdict.retracted += 1
            if act.item not in gone and by_failover:
                verdict.lost_by_failover += 1
            elif act.item not in gone and not excused:
                verdict.breach("lost", f"the retraction of {act.text!r} is not in the lane")
        elif act.kind == "publish":
            verdict.acknowledged += 1
            if act.item not in in_lane and by_failover:
                verdict.lost_by_failover += 1
            elif act.item not in in_lane and not excused:
                verdict.breach("lost", f"{act.text!r} ({act.item}) is not in the lane")


def in_failover(at: float, fault: Injected) -> bool:
    """Tell whether what was acknowledged at ``at`` may be lost by ``fault``."""
    return fault.may_lose and fault.began - AROUND <= at <= fault.ended + AROUND


def _removed(lane: Sequence[LaneEntry]) -> set[str]:
    """Return the items that the lane has removed in the end."""
    last = {entry.item: entry.action for entry in lane}
    return {item for item, action in last.items() if action in ("retract", "expire")}


def _reader(
    verdict: Verdict,
    reader: ReaderLog,
    lane: Sequence[LaneEntry],
    removed: set[str],
    withdrawn: _Withdrawn,
) -> None:
    got: set[tuple[Cursor, str]] = set()
    board: dict[str, str] = {}
    told: list[tuple[Cursor, Cursor]] = []
    """Ranges of the lane that a reset covers: from the last event before it to its snapshot.

    After a failover the lane may not have that event: then it is the last one that the lane has.
    """
    entries = {(entry.cursor.id, entry.item) for entry in lane}
    common: Cursor | None = None
    gone: set[str] = set()
    position: Cursor | None = None
    since: set[tuple[str, int, str]] = set()
    for seen in reader.seen:
        if seen.action == "snapshot":
            if seen.reset:
                verdict.resets[reader.transport] += 1
            if position is None:
                common = seen.cursor
            elif common is not None:
                told.append((common if seen.reset else position, seen.cursor))
            since.clear()
            board = {shown.item: shown.text for shown in seen.shown}
            _texts(verdict, reader, seen, gone, withdrawn)
            position = seen.cursor
            continue
        [shown] = seen.shown
        verdict.events += 1
        if (shown.item, shown.version, seen.action) in since:
            verdict.breach("doubled", f"{reader.name}: {seen.action} of {shown.item} twice")
        since.add((shown.item, shown.version, seen.action))
        if position is not None and seen.cursor.id <= position.id:
            verdict.breach("out_of_order", f"{reader.name}: {seen.cursor} after {position}")
        position = seen.cursor
        got.add((seen.cursor, shown.item))
        if (seen.cursor.id, shown.item) in entries:
            common = seen.cursor
        if seen.action in ("retract", "expire"):
            board.pop(shown.item, None)
            gone.add(shown.item)
        else:
            _texts(verdict, reader, seen, gone, withdrawn)
            board[shown.item] = shown.text
    _missed(verdict, reader, lane, got, told)
    known = {entry.item for entry in lane}
    for item, text in board.items():
        if item in removed or item not in known:
            verdict.breach("ghosts", f"{reader.name} still shows {text!r} ({item})")


class _Withdrawn:
    """Texts that were withdrawn, and whether a fault excuses that one is shown again."""

    def __init__(
        self, acts: Sequence[Act], faults: Sequence[Injected], lane: Sequence[LaneEntry]
    ) -> None:
        self._acts = {act.text: act for act in acts if act.kind == "retract"}
        self._wipes = [fault for fault in faults if fault.wipes]
        self._losing = [fault for fault in faults if fault.may_lose]
        self._gone = {entry.item for entry in lane if entry.action == "retract"}

    def breached(self, shown: Shown, at: float) -> bool:
        """Tell whether ``shown`` must not be shown at ``at``.

        An old file that was restored after the retraction does not have it, and a failover may
        have lost it.
        """
        act = self._acts.get(shown.text)
        if act is None or act.item != shown.item or act.acknowledged is None:
            return False
        since = act.acknowledged
        if act.item not in self._gone and any(in_failover(since, one) for one in self._losing):
            return False
        return not any(since <= fault.ended and fault.began <= at for fault in self._wipes)


def _texts(
    verdict: Verdict, reader: ReaderLog, seen: Seen, gone: set[str], withdrawn: _Withdrawn
) -> None:
    for shown in seen.shown:
        if shown.item in gone and withdrawn.breached(shown, seen.at):
            verdict.breach(
                "withdrawn_shown", f"{reader.name} got {shown.text!r} after its retraction"
            )


def _missed(
    verdict: Verdict,
    reader: ReaderLog,
    lane: Sequence[LaneEntry],
    got: set[tuple[Cursor, str]],
    told: Sequence[tuple[Cursor, Cursor]],
) -> None:
    if not reader.seen:
        verdict.breach("missed", f"{reader.name} never got anything")
        return
    start = reader.seen[0].cursor.id
    ids = {(cursor.id, item) for cursor, item in got}
    versions = {
        (shown.item, shown.version)
        for seen in reader.seen
        if seen.action != "snapshot"
        for shown in seen.shown
    }
    newest = {entry.item: entry.version for entry in lane}
    back = _back(reader, {(entry.cursor.id, entry.item) for entry in lane})
    for entry in lane:
        id = entry.cursor.id
        if id <= start or (id, entry.item) in ids or entry.item in back:
            continue
        if any(low.id < id <= high.id for low, high in told):
            continue
        # A reader that was slow or away gets the last version of an item instead of all of them.
        later = newest[entry.item]
        if later > entry.version and (entry.item, later) in versions:
            continue
        verdict.breach("missed", f"{reader.name}: {entry.action} of {entry.item} at {entry.cursor}")


def _back(reader: ReaderLog, entries: set[tuple[StreamId, str]]) -> set[str]:
    """Return the items that are back because a failover lost their retraction.

    A reader that was away when such an item was published got its retraction alone, and the item
    with the reset.
    """
    retracted: set[str] = set()
    back: set[str] = set()
    for seen in reader.seen:
        if seen.action == "snapshot" and seen.reset:
            back |= {shown.item for shown in seen.shown} & retracted
        elif seen.action == "retract" and (seen.cursor.id, seen.shown[0].item) not in entries:
            retracted.add(seen.shown[0].item)
    return back
