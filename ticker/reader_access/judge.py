"""Judges the token or editor key of a request, within the budget of wrong keys of its address."""

from __future__ import annotations

from ticker.domain.budgets import Budgets
from ticker.domain.errors import InvalidToken, Unauthorised, Unavailable
from ticker.reader_access.access import EDITOR, ReaderAccess, Rights
from ticker.reader_access.editor_rights import EditorRights
from ticker.reader_access.presented import Presented
from ticker.reader_access.verdicts import Pending

GUESSES = frozenset({"malformed", "algorithm", "unknown_key", "signature"})
"""Reasons for which a token counts as a wrong key: no issuer of this newsroom has signed it."""


class Judge:
    """The judge of one process."""

    def __init__(self, access: ReaderAccess, budgets: Budgets) -> None:
        self.access = access
        self.editors: EditorRights | None = None
        """How editor keys are looked up; None: others judge them."""
        self._budgets = budgets

    def rights(self, client: str, given: Presented | None) -> Rights:
        """Return what a request of ``client`` with this token may read.

        Raises Unauthorised, among them InvalidToken; TooMany after too many wrong tokens; and
        Unavailable if something must be looked up first, which ``prepare`` does. A token that was
        accepted before is accepted also from an address that has sent too many wrong ones.
        """
        if given is None:
            return self.access.public
        if given.is_editor_key and self.editors is not None:
            return self._editor(self.editors, client, given)
        if not self.access.known(given.secret):
            spent = self._budgets.spent("wrong_keys", client)
            if spent is not None and given.place == "cookie":
                return self.access.public  # a browser sends an old one along to public pages too
            if spent is not None:
                raise spent
        try:
            rights = self.access.rights(given)
        except InvalidToken as error:
            if error.reason in GUESSES:
                self._budgets.charge("wrong_keys", client)
            raise
        if isinstance(rights, Pending):
            raise Unavailable("the keys of reader tokens are being read; try again", 2)
        if rights.refused is not None and rights.refused.reason in GUESSES:
            self._budgets.take("wrong_keys", client)
        return rights

    def unprepared(self, client: str, given: Presented) -> bool:
        """Tell whether ``rights`` needs something that must be looked up first.

        Nothing is looked up for an address that has sent too many wrong tokens or keys.
        """
        if self._budgets.spent("wrong_keys", client) is not None:
            return False
        if given.is_editor_key and self.editors is not None:
            return self.editors.known(given.secret) is None
        return self.access.waits(given)

    async def prepare(self, given: Presented) -> None:
        """Look up what ``rights`` needs, for a bounded time."""
        if given.is_editor_key and self.editors is not None:
            await self.editors.look_up(given.secret)
        elif self.access.waits(given):  # else the keys were read since the request came
            await self.access.wait()

    def _editor(self, editors: EditorRights, client: str, given: Presented) -> Rights:
        valid = editors.known(given.secret)
        spent = self._budgets.spent("wrong_keys", client)
        if spent is not None and not valid:
            raise spent
        if valid is None:
            raise Unavailable("the editor key could not be looked up; try again", 1)
        if not valid:
            self._budgets.charge("wrong_keys", client)
            raise Unauthorised("unknown or revoked editor key")
        return EDITOR
