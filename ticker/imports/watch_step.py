"""Decisions at each look at a feed that is watched. Pure: answers in, lines to send out.

The state names the newest answer (``ETag``, ``Last-Modified``) and the lines that the newsroom has
taken. It moves on only with what was sent: after a crash, at worst, lines are sent again, and the
newsroom recognises them by their keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from ticker.domain.backoff import delay
from ticker.imports.drafts import Draft, Entry, ParsedInput, apart, key_of
from ticker.imports.payload import Download

SEEN_MAX = 20_000
"""Entries that are remembered. The oldest ones that the feed has no more are forgotten; the
newsroom would still recognise them."""
SHARED_MAX = 1_000
"""Ids of several entries that are remembered; of more, the ones found last are forgotten."""
OLDER_MAX = 5
"""Answers in a row that are ignored because an earlier one was newer. A cache on the way sends such
copies for a while; a server whose clock was wrong sends them from then on."""
UNCHANGED_MAX = 20
"""Answers in a row that nothing has changed; then the whole feed is asked for, since some servers
say so wrongly."""
SLOWEST = 900.0
"""Most seconds between two looks at a feed that fails."""


@dataclass(frozen=True, slots=True)
class WatchState:
    """The position of a watch: what it keeps across restarts, and counts of answers in a row."""

    etag: str | None = None
    last_modified: str | None = None
    seen: Mapping[str, str] = field(default_factory=dict)
    """Digest of the line that was sent last for each key, oldest first."""
    shared: Mapping[str, str] = field(default_factory=dict)
    """Keys of ids that several entries had, with the part (``drafts.apart``) of the entry that
    had the id first, or an empty text if that is not known. The others have keys of their own."""
    failures: int = 0
    older: int = 0
    unchanged: int = 0

    def encoded(self) -> bytes:
        """Return the state as it is kept in its file."""
        kept = {"etag": self.etag, "last_modified": self.last_modified}
        return orjson.dumps(kept | {"seen": dict(self.seen), "shared": dict(self.shared)})

    @classmethod
    def read(cls, data: bytes) -> WatchState:
        """Return the state in a file. Raises ValueError."""
        kept = orjson.loads(data)
        try:
            seen = {str(key): str(digest) for key, digest in kept["seen"].items()}
            shared = {str(key): str(part) for key, part in kept["shared"].items()}
            return cls(kept["etag"], kept["last_modified"], seen, shared)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("it has not the form of a state") from error


@dataclass(frozen=True, slots=True)
class Look:
    """The result of a look: lines that are new or changed, and the state once they are taken."""

    lines: list[Draft]
    state: WatchState


def conditions(state: WatchState) -> dict[str, str]:
    """Return the headers that ask only for what has changed (RFC 9110 §13.1)."""
    found: dict[str, str] = {}
    if state.unchanged >= UNCHANGED_MAX:
        return found
    if state.etag:
        found["If-None-Match"] = state.etag
    if state.last_modified:
        found["If-Modified-Since"] = state.last_modified
    return found


def unchanged(state: WatchState) -> WatchState:
    """Return the state after an answer that nothing has changed."""
    return replace(state, failures=0, unchanged=state.unchanged + 1)


def older(state: WatchState, answer: Download) -> WatchState | None:
    """Return the state after an answer that is older than one before, or None if it is not.

    It is a copy in some cache on the way, whose texts may have been corrected since.
    """
    before, then = _seconds(state.last_modified), _seconds(answer.last_modified)
    if before is None or then is None or then >= before or state.older >= OLDER_MAX:
        return None
    return replace(state, failures=0, older=state.older + 1)


def look(
    state: WatchState,
    answer: Download,
    parsed: ParsedInput,
    now_s: float,
    seen_max: int = SEEN_MAX,
) -> Look:
    """Return what an answer has that was not sent yet; ``seen_max`` entries are remembered.

    The answer counts as read only if all of it could be read: a torn one is asked for again.
    """
    lines: list[Draft] = []
    seen = dict(state.seen)
    shared = _shared(state, parsed)
    for entry in parsed.entries:
        for line in entry.lines():
            line = _with_own_key(line, entry, shared)
            key, digest = str(line["key"]), _digest(line)
            if seen.pop(key, None) != digest:
                lines.append(line)
            seen[key] = digest  # the newest are last
    for key in list(seen)[: max(0, len(seen) - seen_max)]:
        del seen[key]
    whole = not parsed.rejected and not parsed.notes
    modified = _seconds(answer.last_modified)
    if modified is not None and modified > now_s:
        answer = answer._replace(last_modified=None)
    return Look(
        lines,
        WatchState(
            answer.etag if whole else None,
            answer.last_modified if whole else state.last_modified,
            seen,
            shared,
        ),
    )


def without(state: WatchState, keys: Collection[str]) -> WatchState:
    """Return the state without lines that the newsroom could not take: they are sent again."""
    if not keys:
        return state
    left = {key: digest for key, digest in state.seen.items() if key not in keys}
    return replace(state, etag=None, last_modified=None, seen=left)


def failed(state: WatchState) -> WatchState:
    """Return the state after a look that failed; what was read before stays."""
    return replace(state, failures=state.failures + 1)


def pause(state: WatchState, every: float, after: float | None, jitter: float) -> float:
    """Return the seconds until the next look.

    ``after`` is the Retry-After of the feed's server, ``jitter`` a random number in [0, 1).
    """
    if state.failures == 0:
        return every
    longest = max(SLOWEST, every)
    waits = delay(state.failures, first=every, last=longest, jitter=jitter, floor=0.5)
    return max(waits, after or 0.0)


def _shared(state: WatchState, parsed: ParsedInput) -> dict[str, str]:
    """Return ``WatchState.shared`` with the ids that entries of this answer share."""
    found: dict[str, str] = {}
    for entry in parsed.entries:
        if entry.shared:
            key = key_of(_where(entry.draft), entry.shared)
            first = state.seen.get(key) == _digest(entry.draft | {"key": key})
            found[key] = entry.part if first else found.get(key, "")
    shared = found | dict(state.shared)
    for key in list(shared)[: max(0, len(shared) - SHARED_MAX)]:
        del shared[key]
    return shared


def _with_own_key(line: Draft, entry: Entry, shared: Mapping[str, str]) -> Draft:
    """Return the line with the key that its entry had when it shared its id, or before.

    Without this, an entry would be new when another one with its id comes, and the one that is
    left would be taken for a new version of the one that is gone.
    """
    guid = entry.shared or entry.guid
    if entry.withdrawn or not guid:
        return line
    where = _where(line)
    key, part = key_of(where, guid), entry.part or apart(line, guid)
    if key not in shared:
        return line
    return line | {"key": key if shared[key] == part else key_of(where, f"{guid}\0{part}")}


def _where(draft: Draft) -> object:
    return draft.get("edition") or draft.get("language")


def _seconds(date: str | None) -> float | None:
    """Return a date of HTTP in seconds since 1970, or None if it is none."""
    try:
        return parsedate_to_datetime(date or "").timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _digest(line: Mapping[str, Any]) -> str:
    """Return a digest of a line without its time, which some feeds set anew in every answer."""
    content = {name: value for name, value in line.items() if name != "published_at"}
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def keys_of(lines: Iterable[Draft]) -> list[str]:
    """Return the keys of lines."""
    return [str(line["key"]) for line in lines]
