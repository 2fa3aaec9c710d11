"""Authentication with bearer keys and with sessions. Both are looked up by SHA-256, so timing
reveals nothing of them.

Results are cached for ``TTL`` seconds, valid and invalid keys separately: repeated invalid keys
cost nothing, and a flood of invalid keys cannot evict valid ones. A valid key that is used in the
second half of its time is looked up again beside the request, so an editor at work never waits for
a lookup. **A revoked key stops working within ``TTL`` seconds.**

An address that has sent too many wrong keys gets 429. Keys that were valid here before are looked
up all the same, so that an untrusted client in an editor's network does not lock the editor out.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import Protocol

from starlette.requests import Request

from ticker.api.routing import client_of
from ticker.api.session_cookie import SCHEME, check_own_page, opens_page, session_of
from ticker.domain.actor import Actor, act_as
from ticker.domain.budgets import Budgets
from ticker.domain.editor import Editor, Permission
from ticker.domain.errors import TooMany, Unauthorised, Unavailable
from ticker.domain.messages import said
from ticker.domain.token_buckets import Budget, Rate
from ticker.domain.usage_table import Debts
from ticker.people.sessions import SECRET as SESSION

TTL = 5.0
"""Seconds for which a result is cached."""
VALID_MAX = 1_024
INVALID_MAX = 4_096
KEY_RATE = Rate(1_000, 200)
"""Requests with one key, in each web process: more than people and imports send, less than a script
in a loop without pauses, which gets 429."""

_KEY = re.compile(r"tk_[A-Za-z0-9_-]{32}")


class EditorKeys(Protocol):
    """The store of editor keys, or of sessions."""

    async def verify(self, secret: str) -> Editor | None:
        """Return the editor whose key or session is ``secret``, or None. Raises Unavailable."""


class _Recent:
    """Editors by digest, kept for ``TTL`` seconds, at most ``size``."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[bytes, tuple[Editor | None, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, digest: bytes, now: float) -> tuple[Editor | None, float] | None:
        entry = self._entries.get(digest)
        if entry is not None and now >= entry[1]:
            del self._entries[digest]
            return None
        return entry

    def discard(self, digest: bytes) -> None:
        self._entries.pop(digest, None)

    def put(self, digest: bytes, editor: Editor | None, now: float) -> None:
        self._entries[digest] = (editor, now + TTL)
        self._entries.move_to_end(digest)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)


class Auth:
    """Authenticate requests by their editor key, or by the session of a browser."""

    def __init__(
        self,
        editor_keys: EditorKeys,
        budgets: Budgets,
        clock: Callable[[], float] = time.monotonic,
        *,
        sessions: EditorKeys | None = None,
        secure: Callable[[Request], bool] = lambda request: request.url.scheme == "https",
    ) -> None:
        """``clock`` is monotonic seconds. ``secure`` tells whether a browser came over HTTPS."""
        self._editor_keys = editor_keys
        self._sessions = sessions
        self._secure = secure
        self._budgets = budgets
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._clock = clock
        self._requests = Budget(KEY_RATE, Debts.own())
        self._valid = _Recent(VALID_MAX)
        self._invalid = _Recent(INVALID_MAX)
        self._refreshes: dict[bytes, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        """Return the number of cached results."""
        return len(self._valid) + len(self._invalid)

    async def editor(self, request: Request, permission: Permission) -> Editor:
        """Return the editor whose key the request has.

        Raises Unauthorised, Forbidden without ``permission``, TooMany after too many wrong keys or
        requests, or Unavailable without the store.
        """
        header = request.headers.get("authorization")
        if header is None:
            raise Unauthorised(said("no-key"))
        scheme, _, secret = header.partition(" ")
        secret = secret.strip()
        if scheme.lower() == SCHEME and self._sessions is not None:
            return await self._session(request, permission)
        if scheme.lower() != "bearer" or _KEY.fullmatch(secret) is None:
            self._budgets.charge("wrong_keys", client_of(request))
            raise Unauthorised(said("malformed-key"))
        editor = await self._verify(secret, client_of(request))
        if editor is None:
            self._budgets.charge("wrong_keys", client_of(request))
            raise Unauthorised(said("unknown-key"))
        return self._checked(request, editor, permission)

    async def visitor(self, request: Request) -> Editor | None:
        """Return who is signed in, for a page that a browser opens; None for anybody else.

        Raises Forbidden for a request of another site's page, TooMany after too many wrong sessions
        or requests, and Unavailable.
        """
        secure = self._secure(request)
        secret = session_of(request, secure=secure)
        if SESSION.fullmatch(secret) is None:
            return None
        if not opens_page(request):
            check_own_page(request, secure=secure)
        editor = await self._verify(secret, client_of(request))
        if editor is None:
            self._budgets.charge("wrong_keys", client_of(request))
            return None
        return self._checked(request, editor, "read")

    def forget(self, secret: str) -> None:
        """Forget what is known of a key or session that has ended here."""
        self.forget_digest(sha256(secret.encode()).digest())

    def forget_digest(self, digest: bytes) -> None:
        """Forget what is known of the key or session with this SHA-256."""
        self._valid.discard(digest)
        self._known.pop(digest, None)

    async def _session(self, request: Request, permission: Permission) -> Editor:
        secure = self._secure(request)
        check_own_page(request, secure=secure)
        secret = session_of(request, secure=secure)
        editor = None
        if SESSION.fullmatch(secret) is not None:
            editor = await self._verify(secret, client_of(request))
        if editor is None:
            self._budgets.charge("wrong_keys", client_of(request))
            raise Unauthorised(said("session-ended"))
        return self._checked(request, editor, permission)

    def _checked(self, request: Request, editor: Editor, permission: Permission) -> Editor:
        spent = self._requests.take((editor.key_id,), self._clock())
        if spent is not None:
            raise TooMany(said("key-requests"), spent.seconds)
        editor.check(permission)
        given = editor.given_at, editor.given_by, editor.made_by
        act_as(Actor(editor.name, editor.role, editor.key_id, client_of(request), *given))
        return editor

    async def _verify(self, secret: str, client: str) -> Editor | None:
        digest = sha256(secret.encode()).digest()
        now = self._clock()
        valid = self._valid.get(digest, now)
        if valid is not None:
            editor, expires = valid
            if expires - now < TTL / 2 and digest not in self._refreshes:
                self._refreshes[digest] = asyncio.create_task(self._refresh(secret, digest))
            return editor
        if self._invalid.get(digest, now) is not None:
            return None
        if digest not in self._known:
            refusal = self._budgets.spent("wrong_keys", client)
            if refusal is not None:
                raise refusal
        return await self._look_up(secret, digest)

    async def _look_up(self, secret: str, digest: bytes) -> Editor | None:
        # The TTL starts before the lookup: a key revoked during it still stops working in time.
        now = self._clock()
        store = self._editor_keys
        if self._sessions is not None and secret.startswith("ts_"):
            store = self._sessions
        editor = await store.verify(secret)
        if editor is None:
            self._valid.discard(digest)
            self._known.pop(digest, None)
            self._invalid.put(digest, None, now)
        else:
            self._valid.put(digest, editor, now)
            self._known[digest] = None
            if len(self._known) > VALID_MAX:
                self._known.popitem(last=False)
        return editor

    async def _refresh(self, secret: str, digest: bytes) -> None:
        try:
            await self._look_up(secret, digest)
        except Unavailable:
            pass  # the cached result is used until it expires
        finally:
            del self._refreshes[digest]
