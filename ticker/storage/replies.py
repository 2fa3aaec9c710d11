"""The errors of Redis and Valkey: what each means, and what to do about it. Pure.

| reply | error | reaction |
|---|---|---|
| READONLY, UNBLOCKED, MASTERDOWN, WAIT on a replica | StoreFailover | reconnect |
| NOAUTH, WRONGPASS | StoreAccess | reconnect |
| NOPERM | StoreAccess | refuse |
| OOM | StoreMemoryFull | refuse |
| MISCONF | StoreDiskFull | refuse |
| NOREPLICAS | StoreNoReplicas | refuse |
| LOADING | StoreLoading | retry |
| MOVED | StoreFailover | reconnect |
| CLUSTERDOWN, TRYAGAIN, ASK | StoreClusterDown | retry |
| BUSY, max number of clients | StoreBusy | retry |
| connection lost, no answer in time | StoreUnreachable | retry |

Everything else says that our own command is wrong: a bug, and a 500.
"""

from __future__ import annotations

import errno
import re
from enum import Enum, auto

from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ConnectionError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TimeoutError,
)

from ticker.domain.store_errors import (
    StoreAccess,
    StoreBusy,
    StoreClusterDown,
    StoreDiskFull,
    StoreError,
    StoreFailover,
    StoreLoading,
    StoreMemoryFull,
    StoreNoReplicas,
    StoreUnreachable,
)
from ticker.domain.tls_failure import readable


class Reaction(Enum):
    """The reaction of a client to an error."""

    RECONNECT = auto()
    """Close every connection, in use or idle, and find the server again: this one serves no more.
    A command that may be repeated is repeated on a new connection."""
    RETRY = auto()
    """A command that may be repeated is repeated after a moment."""
    REFUSE = auto()
    """Tell the caller at once: a repetition within seconds gets the same answer."""


_CODES: dict[str, tuple[type[StoreError], Reaction]] = {
    "READONLY": (StoreFailover, Reaction.RECONNECT),
    "UNBLOCKED": (StoreFailover, Reaction.RECONNECT),
    "MASTERDOWN": (StoreFailover, Reaction.RECONNECT),
    "NOAUTH": (StoreAccess, Reaction.RECONNECT),
    "WRONGPASS": (StoreAccess, Reaction.RECONNECT),
    "NOPERM": (StoreAccess, Reaction.REFUSE),
    "OOM": (StoreMemoryFull, Reaction.REFUSE),
    "MISCONF": (StoreDiskFull, Reaction.REFUSE),
    "NOREPLICAS": (StoreNoReplicas, Reaction.REFUSE),
    "MOVED": (StoreFailover, Reaction.RECONNECT),
    "ASK": (StoreClusterDown, Reaction.RETRY),
    "LOADING": (StoreLoading, Reaction.RETRY),
    "CLUSTERDOWN": (StoreClusterDown, Reaction.RETRY),
    "TRYAGAIN": (StoreClusterDown, Reaction.RETRY),
    "BUSY": (StoreBusy, Reaction.RETRY),
}
# redis-py removes the code of these and keeps it in the class.
_CLASSES: tuple[tuple[type[Exception], str], ...] = (
    (ReadOnlyError, "READONLY"),
    (OutOfMemoryError, "OOM"),
    (BusyLoadingError, "LOADING"),
    (AuthenticationError, "WRONGPASS"),
    (NoPermissionError, "NOPERM"),
)
_ONLY_ON_A_PRIMARY = ("WAIT cannot be used", "WAITAOF cannot be used")
# redis-py puts the command of a pipeline, and a tuple's bracket, before what the server replied.
_IN_A_PIPELINE = re.compile(r"^Command # \d+ .* of pipeline caused error: \(?['\"]?", re.DOTALL)
_CONNECTING = re.compile(r"^Error (-?\d+) connecting to (\S+)\. (.+?)\.?$", re.DOTALL | re.ASCII)
_NOT_LOGGED_IN = "HELLO must be called with the client already authenticated"
NO_LOGIN = "it asks for a user and a password"
_DISCARDED = "Transaction discarded because of: "
_FORBIDDEN_IN_A_SCRIPT = "The user executing the script can't"
_NO_MORE_CLIENTS = "max number of clients reached"


def code_of(error: BaseException) -> str | None:
    """Return the code in the table that the server replied with, None for every other error."""
    for kind, code in _CLASSES:
        if isinstance(error, kind):
            return code
    text = _IN_A_PIPELINE.sub("", str(error)).removeprefix(_DISCARDED)
    if isinstance(error, ResponseError):
        code = text.partition(" ")[0]
        if code in _CODES:
            return code
        if any(part in text for part in _ONLY_ON_A_PRIMARY):
            return "READONLY"
        if _FORBIDDEN_IN_A_SCRIPT in text:
            return "NOPERM"
    if isinstance(error, ConnectionError | ResponseError) and _NO_MORE_CLIENTS in text:
        return "BUSY"
    return None


def reaction(error: BaseException) -> Reaction:
    """Return what a client does after ``error``."""
    if isinstance(error, StoreError) and error.__cause__ is not None:
        error = error.__cause__
    code = code_of(error)
    if code is not None:
        return _CODES[code][1]
    return Reaction.REFUSE if isinstance(error, ResponseError) else Reaction.RETRY


def meaning(error: BaseException, what: str = "the store") -> StoreError | None:
    """Return the error to raise for ``error``; None if it says that our own command is wrong.

    ``what`` names the server in the text, which is for logs.
    """
    code = code_of(error)
    if code is not None:
        kind = _CODES[code][0]
        if kind is StoreAccess:
            said = NO_LOGIN if str(error).startswith(_NOT_LOGGED_IN) else f"{code} {error}"
            return StoreAccess(f"{what} refuses this user: {said}")
        return kind(f"{what} cannot serve now: {code} {error}")
    if isinstance(error, ConnectionError | TimeoutError | OSError):
        return StoreUnreachable(
            f"{what} does not answer: {_plain(str(error)) or type(error).__name__}"
        )
    return None


def _plain(text: str) -> str:
    """Return redis-py's text of a failed connection without numbers and tuples."""
    if failed := _CONNECTING.match(text):
        number, place, said = failed.groups()
        if int(number) == errno.ECONNREFUSED:
            said = "connection refused"  # asyncio's text has a tuple
        text = f"no connection to {place}: {said[:1].lower()}{said[1:]}"
    return readable(text)
