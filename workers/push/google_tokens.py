"""FCM access tokens: OAuth through google-auth, which signs and waits in a thread of its own.

A token lives for an hour. It is renewed a few minutes before its end, while it is still used; out
of turn only if FCM refuses it, and that once a minute.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Protocol, cast

import orjson
from google.auth import aws, identity_pool
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.oauth2 import service_account

from ticker.net.client import HttpClient
from ticker.push.model.verdicts import Outcome
from workers.push.bearer_tokens import BadCredentials, Bearer, NoToken
from workers.push.google_transport import GoogleTransport

log = logging.getLogger(__name__)

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
RENEW_BEFORE = 300.0
"""Seconds before its end that a token is renewed in the background; at most half its life."""
FORCED_EVERY = 60.0
"""Seconds between two tokens that FCM's refusals cause."""
AGAIN = 5.0
"""Seconds after a failure in which no token is requested, and every caller gets the failure."""

_PROJECT = re.compile(r"[a-z0-9:.-]{1,64}")
_ACCOUNT_PROJECT = re.compile(r"@([a-z0-9-]+)\.iam\.gserviceaccount\.com")


class Credentials(Protocol):
    """The part of google-auth's credentials that is used here."""

    token: str | None
    expiry: object

    def refresh(self, request: Callable[..., object]) -> None:
        """Ask for another token. Raises GoogleAuthError."""


@dataclass(frozen=True, slots=True)
class Account:
    """The content of a credentials file."""

    credentials: Credentials
    project: str


class GoogleTokens:
    """The tokens of one account. For one event loop."""

    def __init__(
        self, account: Account, *, timeout: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._credentials = account.credentials
        self._timeout = timeout
        self._clock = clock
        # The operator's credentials file names the addresses: any may be asked.
        self._client = HttpClient(timeout=timeout, allow=None)
        self._current: Bearer | None = None
        self._task: asyncio.Task[Bearer] | None = None
        """The request for a token that is under way, at most one."""
        self._failure: NoToken | None = None
        self._failed = self._forced = -FORCED_EVERY
        self.minted = 0
        """Tokens got so far."""

    def ready(self) -> Bearer | None:
        """Return the token to use now without waiting, or None: ``get`` waits for one."""
        bearer, now = self._current, self._clock()
        if bearer is None or now >= bearer.expires:
            return None
        spare = min(RENEW_BEFORE, (bearer.expires - bearer.minted) / 2)
        if now >= bearer.expires - spare and self._may_ask(now):
            self._ask()
        return bearer

    async def get(self) -> Bearer:
        """Return the token to use now. Raises NoToken."""
        bearer = self.ready()
        if bearer is not None:
            return bearer
        if self._failure is not None and not self._may_ask(self._clock()):
            raise self._failure
        return await self._answer()

    async def renewed(self, refused: Bearer) -> Bearer:
        """Return a new token in place of the one that FCM ``refused``. Raises NoToken.

        Requests of one moment are refused together: the first of them asks, the others get the
        same.
        """
        if self._current is not None and self._current is not refused:
            return self._current
        if self._task is None:
            now = self._clock()
            if 0 <= now - self._forced < FORCED_EVERY:
                raise NoToken(Outcome.STOP, "FCM refuses our access tokens, new ones as well")
            self._forced = now
        return await self._answer()

    async def aclose(self) -> None:
        """Cancel the request for a token. Its thread ends with an error, or at its time-out."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._client.aclose()

    async def _answer(self) -> Bearer:
        task = self._ask()
        done, _ = await asyncio.wait([task], timeout=self._timeout)
        if not done:
            raise NoToken(Outcome.RETRY, "no access token in time")
        return task.result()

    def _may_ask(self, now: float) -> bool:
        return self._task is None and not 0 <= now - self._failed < AGAIN

    def _ask(self) -> asyncio.Task[Bearer]:
        if self._task is None:
            self._task = asyncio.create_task(self._refresh())
            self._task.add_done_callback(self._asked)
        return self._task

    def _asked(self, task: asyncio.Task[Bearer]) -> None:
        self._task = None
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._current, self._failure = task.result(), None
            self.minted += 1
        else:
            self._failed = self._clock()
            if isinstance(error, NoToken):
                self._failure = error
            log.warning("no access token for FCM: %s", error)

    async def _refresh(self) -> Bearer:
        credentials = self._credentials
        loop = asyncio.get_running_loop()
        request = GoogleTransport(loop, self._client, self._timeout)
        try:
            await asyncio.to_thread(credentials.refresh, request)
        except RefreshError as error:
            if error.retryable:
                raise NoToken(Outcome.RETRY, _why(error), AGAIN) from error
            raise NoToken(Outcome.STOP, _why(error)) from error
        except TransportError as error:
            raise NoToken(Outcome.RETRY, _why(error), AGAIN) from error
        except (GoogleAuthError, ValueError, OSError) as error:
            # ValueError and OSError: files that workload identity names, which it reads anew.
            raise NoToken(Outcome.STOP, _why(error)) from error
        if not credentials.token:
            raise NoToken(Outcome.STOP, "Google answered without an access token")
        now = self._clock()
        return Bearer(b"Bearer " + credentials.token.encode(), now, now + self._lifetime())

    def _lifetime(self) -> float:
        """Return the seconds until the new token expires, by the wall clock as in google-auth."""
        expiry = self._credentials.expiry
        stamp = getattr(expiry, "replace", None)
        if stamp is None:
            return 3_600.0
        return max(0.0, cast(float, stamp(tzinfo=UTC).timestamp()) - time.time())


def _why(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return f"Google gives no access token: {said or type(error).__name__}"[:300]


def read_account(text: bytes) -> Account:
    """Return the account in the text of one of Google's credentials files. Raises BadCredentials.

    A service account's key, or workload identity (``external_account``) whose subject token comes
    from a file, an address or AWS; not one that would run a program.
    """
    try:
        info = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadCredentials("fcm_credentials_file is not JSON") from None
    if not isinstance(info, dict):
        raise BadCredentials("fcm_credentials_file is not a JSON object")
    try:
        made = _kind(info)(info, scopes=[SCOPE])
    except (GoogleAuthError, ValueError, TypeError, KeyError) as error:
        raise BadCredentials(f"fcm_credentials_file is incomplete: {error}") from None
    project = info.get("project_id") or _project(info)
    if not isinstance(project, str) or not _PROJECT.fullmatch(project):
        raise BadCredentials("fcm_credentials_file names no project (project_id)")
    return Account(made, project)


def _kind(info: Mapping[str, object]) -> Callable[..., Credentials]:
    """Return the constructor of credentials for ``info``. Raises BadCredentials."""
    match info.get("type"):
        case "service_account":
            return service_account.Credentials.from_service_account_info
        case "external_account" if "environment_id" in _source(info):
            return aws.Credentials.from_info
        case "external_account":
            return identity_pool.Credentials.from_info
        case other:
            raise BadCredentials(
                "fcm_credentials_file is neither a service account nor workload identity, "
                f"but {other!r}"
            )


def _source(info: Mapping[str, object]) -> Mapping[str, object]:
    source = info.get("credential_source")
    return source if isinstance(source, dict) else {}


def _project(info: Mapping[str, object]) -> str | None:
    """Return the project of the service account that workload identity acts as."""
    found = _ACCOUNT_PROJECT.search(str(info.get("service_account_impersonation_url")))
    return found[1] if found else None
