"""The rights of requests: their tokens, judged by the newsroom's settings."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from ticker.config import Settings
from ticker.domain.errors import InvalidToken
from ticker.domain.readable import Readable
from ticker.reader_access.presented import Presented, presented
from ticker.reader_access.verdicts import REASONS, Granted, Pending, Refused, Rules
from ticker.telemetry.families import Family, counter, gauge

if TYPE_CHECKING:
    from ticker.reader_access.key_set import KeySet
    from ticker.reader_access.verifier import Verifier

KEYS_WAIT = 6.0
"""Seconds that a request waits for keys: a little more than reading them may take."""

Kind: TypeAlias = Literal["public", "token", "editor"]


@dataclass(frozen=True, slots=True)
class Rights:
    """The editions that a request may read, and whether by a token or an editor key."""

    readable: Readable
    kind: Kind = "public"
    granted: Granted | None = None
    """The token, if it is one; the rights end with it."""
    refused: InvalidToken | None = None
    """Why a cookie does not count. The rights are those of a request without it."""

    @property
    def with_token(self) -> bool:
        """Tell whether a token was accepted."""
        return self.kind == "token"


EVERYTHING = Rights(None)
"""Rights in a newsroom that protects nothing."""
EDITOR = Rights(None, "editor")


class ReaderAccess:
    """The rights of readers in one process. ``clock`` is seconds since 1970."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.protected = settings.protected_editions
        self._editions = frozenset(settings.editions)
        self.public = Rights(self._editions - self.protected) if self.protected else EVERYTHING
        """The rights of a request without a token."""
        self._cookie = settings.reader_token_cookie
        self._origins = frozenset(settings.allowed_origins) - {"*"}
        self._rules = Rules(
            settings.reader_token_audience,
            settings.reader_token_issuer,
            settings.reader_token_leeway,
            settings.reader_token_lifetime_max,
        )
        self._verifier: Verifier | None = None
        self.missing = asyncio.Event()
        """Set when a token names a key that was not looked for yet."""
        self._settled = asyncio.Event()
        self.accepted = 0
        self.refused: dict[str, int] = dict.fromkeys(REASONS, 0)
        self.key_reads = 0
        self.key_failures = 0
        self.keys_read_at = 0.0
        """When the keys were read last, in seconds since 1970."""

    @property
    def verifier(self) -> Verifier:
        """Return what verifies tokens; made, and its libraries imported, when first used."""
        if self._verifier is None:
            from ticker.reader_access.verifier import Verifier

            self._verifier = Verifier(self._rules, self.clock)
        return self._verifier

    @property
    def generation(self) -> int:
        """Return another number after every change of the keys."""
        return 0 if self._verifier is None else self._verifier.generation

    @property
    def enabled(self) -> bool:
        """Tell whether any edition is protected."""
        return bool(self.protected)

    def presented(self, headers: Mapping[str, str], query: str) -> Presented | None:
        """Return what a request presents; None in a newsroom that protects nothing.

        Raises BadRequest for two tokens.
        """
        if not self.protected:
            return None
        return presented(headers, query, self._cookie, self._origins)

    def known(self, secret: str) -> bool:
        """Tell whether a token was accepted before, so that it costs nothing."""
        return isinstance(self.verifier.known(secret), Granted)

    def rights(self, given: Presented) -> Rights | Pending:
        """Return the rights of a request with this token.

        Pending if the keys must be read first. Raises InvalidToken, but for a cookie: a browser
        sends an old one along to public pages too.
        """
        verdict = self.verifier.check(given.secret)
        match verdict:
            case Pending():
                self.missing.set()
                return verdict
            case Granted():
                self.accepted += 1
                return Rights(self._readable(verdict), "token", verdict)
            case Refused(reason):
                self.refused[reason] += 1
                error = InvalidToken(reason, verdict.detail)
                if given.place == "cookie":
                    return Rights(self.public.readable, refused=error)
                raise error

    def use(self, keys: KeySet) -> None:
        """Use these keys from now on."""
        self.verifier.use(keys)
        self.keys_read_at = self.clock()

    def settle(self) -> None:
        """Wake those who wait for keys: an attempt to read them is over."""
        settled, self._settled = self._settled, asyncio.Event()
        settled.set()

    async def wait(self) -> None:
        """Wait until an attempt to read the keys is over, ``KEYS_WAIT`` seconds at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(KEYS_WAIT):
                await self._settled.wait()

    def waits(self, given: Presented) -> bool:
        """Tell whether the token's key must be looked for, and have the keys read."""
        lacks = self.verifier.lacks_key(given.secret)
        if lacks:
            self.missing.set()
        return lacks

    def in_force(self, granted: Granted) -> bool:
        """Tell whether a token's rights go on: its key is there, and its time is not over."""
        return self.verifier.in_force(granted) and self.clock() < granted.expires

    def _readable(self, granted: Granted) -> Readable:
        if granted.editions is None:
            return None
        return (self.public.readable or frozenset()) | (granted.editions & self._editions)

    def metrics(self) -> Iterable[Family]:
        """Return what is counted; nothing in a newsroom that protects nothing."""
        if not self.protected:
            return
        yield counter(
            "reader_tokens_accepted_total", "Requests with a valid reader token.", self.accepted
        )
        yield counter(
            "reader_tokens_refused_total",
            "Refused reader tokens by reason.",
            self.refused,
            "reason",
        )
        yield counter(
            "reader_tokens_verified_total",
            "Signatures of reader tokens that were checked; the results are cached.",
            self.verifier.verified,
        )
        yield gauge("reader_token_keys", "Keys that verify reader tokens.", self.verifier.keys)
        yield counter(
            "reader_token_key_reads_total",
            "Attempts to read the keys of reader tokens.",
            self.key_reads,
        )
        yield counter(
            "reader_token_key_failures_total",
            "Failed attempts to read the keys of reader tokens.",
            self.key_failures,
        )
        yield gauge(
            "reader_token_keys_read_timestamp_seconds",
            "When the keys of reader tokens were last read, in seconds since 1970; 0 before that.",
            self.keys_read_at,
        )
