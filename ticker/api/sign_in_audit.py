"""Counts and records sign-ins, failed ones, and sessions that end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ticker.api.audit_notes import Record, Recorder
from ticker.api.people import target_of
from ticker.domain.actor import Actor
from ticker.domain.budgets import Budgets
from ticker.domain.editor import Editor
from ticker.domain.errors import NotFound
from ticker.people.account import NAME_MAX, Account, changes
from ticker.people.accounts import Accounts
from ticker.people.failed_sign_ins import FailedSignIns

TARGET = "/v1/session"


class SignInAudit:
    """Records sign-ins. ``client`` is the address that the request came from."""

    def __init__(
        self,
        record: Record,
        accounts: Accounts,
        budgets: Budgets,
        clock: Callable[[], float],
    ) -> None:
        """``clock`` is monotonic seconds."""
        self._record = Recorder(record)
        self._budgets = budgets
        self._accounts = accounts
        self._clock = clock
        self._failed = FailedSignIns()

    def check(self, client: str) -> None:
        """Raise TooMany if ``client`` has sent too many wrong keys, passwords and codes."""
        if (refusal := self._budgets.spent("wrong_keys", client)) is not None:
            raise refusal

    async def signed_in(self, holder: Editor, client: str, means: str) -> None:
        """Record that ``holder`` has begun a session by ``means``, such as a password."""
        changes = {"session": (None, means)}
        await self._record("sign_in", TARGET, changes, actor=_actor(holder, client))

    async def proved(self, holder: Editor, client: str) -> None:
        """Record that ``holder`` has signed in at the provider anew, for a change."""
        changes = {"session": ("open", "proved with OpenID Connect")}
        await self._record("prove", TARGET, changes, actor=_actor(holder, client))

    async def provided(self, before: Account | None, after: Account) -> None:
        """Record what a provider's claims have changed of an account; None: they made it."""
        if found := changes(before, after):
            action = "create_person" if before is None else "change_person"
            await self._record(action, target_of(after), found, actor=Actor("OpenID Connect"))

    async def signed_out(self, holder: Editor, client: str, reason: str | None = None) -> None:
        """Record that a session has ended before its time."""
        changes = {"session": ("open", "ended")}
        actor = _actor(holder, client)
        await self._record("sign_out", TARGET, changes, reason=reason, actor=actor)

    async def failed(self, name: str, client: str, reason: str, by: Editor | None = None) -> None:
        """Count and record that somebody has entered something wrong for the account ``name``.

        ``name`` is as entered. ``by`` is who is signed in already. Raises TooMany and Unavailable.
        """
        refusal = self._budgets.take("wrong_keys", client)
        await self._record_failure(name, client, reason, by)
        if refusal is not None:
            raise refusal

    async def _record_failure(self, name: str, client: str, reason: str, by: Editor | None) -> None:
        account: Account | None = None
        if name and len(name) <= NAME_MAX:
            try:
                account = await self._accounts.get(name)
            except NotFound:
                reason = "unknown name"
        left_out = self._failed.take("" if account is None else account.id, self._clock())
        if left_out is None:
            return
        changes: dict[str, tuple[Any, Any]] = {"left_out": (None, left_out)} if left_out else {}
        target = TARGET if account is None else target_of(account)
        actor = Actor("", address=client) if by is None else _actor(by, client)
        await self._record("sign_in_failed", target, changes, reason=reason, actor=actor)


def _actor(editor: Editor, client: str) -> Actor:
    return Actor(editor.name, editor.role, editor.key_id, client)
