"""The passkeys of accounts: add and remove one, sign in with one, and prove who one is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ticker.domain.errors import BadRequest, Conflict, FieldError, Invalid, NotFound, Unauthorised
from ticker.domain.messages import message_of, said
from ticker.domain.text import optional
from ticker.people import passkeys
from ticker.people.account import Account
from ticker.people.accounts import Accounts
from ticker.people.passkeys import NAME_MAX, Passkey, PasskeyError, Site

WRONG = said("passkey-unknown")
"""The same for an unknown passkey and one of a disabled account."""


class AccountPasskeys:
    """Passkeys, kept with their accounts. Methods raise Unavailable."""

    def __init__(self, accounts: Accounts, newsroom: str) -> None:
        """``newsroom`` is its name, which devices show."""
        self._accounts = accounts
        self._newsroom = newsroom

    async def creation(self, account: Account, session: str, site: Site) -> str:
        """Return what the browser of ``account``'s person needs to make a passkey, as JSON.

        ``session`` is the session's id: the answer counts in no other one. Raises BadRequest.
        """
        _check(site)
        challenge = await self._new("register", _holder(account, session))
        return await asyncio.to_thread(
            passkeys.creation_options,
            site,
            self._newsroom,
            account.handle,
            account.name,
            challenge,
            account.passkeys,
        )

    async def add(
        self, account: Account, session: str, answer: Mapping[str, Any], name: str, site: Site
    ) -> tuple[Account, Account]:
        """Add the passkey that a device has made; return the account before and after.

        ``session`` is that in which ``creation`` was asked. Raises Invalid for an answer that does
        not count, and Conflict.
        """
        try:
            name = optional(name, NAME_MAX).strip()
        except ValueError as error:
            raise Invalid([FieldError("name", message_of(error))]) from None
        if not name:
            raise Invalid([FieldError("name", said("invisible"))])
        try:
            challenge = await self._challenge(answer, "register", _holder(account, session))
            made = await asyncio.to_thread(
                passkeys.registered, answer, site, challenge, name, self._accounts.now()
            )
        except PasskeyError as error:
            raise Invalid([FieldError("credential", message_of(error))]) from None
        for other in await self._accounts.listing():  # WebAuthn level 3, §7.1, step 26
            known = any(one.credential == made.credential for one in other.passkeys)
            if known and other.id != account.id:
                raise Conflict(said("passkey-of-another"))
        told = challenge[:24].hex()

        def use(now: Account) -> Account:
            if now.disabled or now.generation != account.generation:
                raise Conflict(said("account-changed"))
            return now.with_passkey(made, told)

        return await self._accounts.replace(account.name, use)

    async def remove(self, account: Account, id: str) -> tuple[Account, Account]:
        """Remove a passkey; return the account before and after. Raises NotFound."""
        return await self._accounts.replace(account.name, lambda now: now.without_passkey(id))

    async def request(self, browser: str, site: Site) -> str:
        """Return what a browser needs to sign in with a passkey, as JSON.

        ``browser`` is a secret that this browser has: the answer counts in no other one.
        """
        _check(site)
        challenge = await self._new("sign in", browser)
        return await asyncio.to_thread(passkeys.request_options, site, challenge)

    async def proof(self, account: Account, session: str, site: Site) -> str:
        """Return what a browser needs for ``proves``, as JSON. Raises BadRequest, Conflict."""
        _check(site)
        if not account.passkeys:
            raise Conflict(said("passkeys-none"))
        challenge = await self._new("prove", _holder(account, session))
        return await asyncio.to_thread(passkeys.request_options, site, challenge, account.passkeys)

    async def proves(
        self, account: Account, session: str, answer: Mapping[str, Any], site: Site
    ) -> None:
        """Accept an answer once, from a passkey of ``account`` whose holder has ``session``.

        Raises PasskeyError for an answer that does not count.
        """
        challenge = await self._challenge(answer, "prove", _holder(account, session))
        for one in account.passkeys:
            if one.credential == answer.get("id"):
                await self._use(account, one, answer, site, challenge)
                return
        raise PasskeyError(said("passkey-not-own"))

    async def account(self, answer: Mapping[str, Any], browser: str, site: Site) -> Account:
        """Return the account whose passkey has signed the answer. Raises Unauthorised."""
        try:
            challenge = await self._challenge(answer, "sign in", browser)
            found, passkey = await self._find(answer.get("id"), passkeys.handle_of(answer))
            return await self._use(found, passkey, answer, site, challenge)
        except PasskeyError as error:
            raise Unauthorised(message_of(error)) from None

    async def _use(
        self,
        account: Account,
        passkey: Passkey,
        answer: Mapping[str, Any],
        site: Site,
        challenge: bytes,
    ) -> Account:
        """Check an answer and count it; return the account. Raises PasskeyError."""
        count = await asyncio.to_thread(passkeys.signed_count, answer, passkey, site, challenge)

        def use(now: Account) -> Account:
            kept = next((one for one in now.passkeys if one.id == passkey.id), None)
            if now.disabled or kept is None or kept.public_key != passkey.public_key:
                raise PasskeyError(WRONG)
            used = kept.with_answer(challenge, count, self._accounts.now(), self._accounts.now_ms())
            rest = (used if one.id == used.id else one for one in now.passkeys)
            return replace(now, passkeys=tuple(rest))

        try:
            return await self._accounts.change(account.name, use)
        except NotFound:
            raise PasskeyError(WRONG) from None

    async def _challenge(
        self, answer: Mapping[str, Any], purpose: passkeys.Purpose, holder: str
    ) -> bytes:
        challenge = passkeys.challenge_of(answer)
        secret = await self._accounts.challenge_secret()
        passkeys.check_challenge(challenge, secret, purpose, holder, self._accounts.now_ms())
        return challenge

    async def _new(self, purpose: passkeys.Purpose, holder: str) -> bytes:
        secret = await self._accounts.challenge_secret()
        return passkeys.new_challenge(secret, purpose, holder, self._accounts.now_ms())

    async def _find(self, credential: object, handle: bytes) -> tuple[Account, Passkey]:
        for account in await self._accounts.listing():
            for one in account.passkeys:
                known = one.credential == credential and account.handle == handle
                if known and not account.disabled:
                    return account, one
        raise PasskeyError(WRONG)


def _holder(account: Account, session: str) -> str:
    """Return whom a new passkey's challenge is for: what ends sessions ends its challenges too.

    A process may know an ended session for some seconds more.
    """
    return f"{account.id}\0{account.generation}\0{session}"


def _check(site: Site) -> None:
    """Raise BadRequest where browsers have no passkeys: at an address without a name."""
    if not site.host or site.host.replace(".", "").isdigit() or ":" in site.host:
        raise BadRequest(said("passkey-host"))
