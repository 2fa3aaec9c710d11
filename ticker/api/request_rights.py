"""The rights of the request that is being handled, for what it reads.

``Resource`` sets them before the handler runs. A context variable carries them to the lane, so that
no route can forget to ask.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from starlette.requests import Request

from ticker.api.session_cookie import means_session
from ticker.domain.errors import BadRequest, TickerError
from ticker.domain.filter import Filter
from ticker.domain.readable import may_read, named, require, restricted
from ticker.reader_access.access import EDITOR, EVERYTHING, Rights
from ticker.reader_access.judge import Judge
from ticker.reader_access.presented import without_token

_rights: ContextVar[Rights] = ContextVar("rights", default=EVERYTHING)


def current() -> Rights:
    """Return the rights of the request that is being handled."""
    return _rights.get()


@contextmanager
def reading_as(rights: Rights) -> Iterator[None]:
    """Read with ``rights`` in this block, and in tasks that it starts."""
    token = _rights.set(rights)
    try:
        yield
    finally:
        _rights.reset(token)


def require_editions(editions: Iterable[str]) -> None:
    """Raise unless the request may read all ``editions``.

    The error is TokenRequired, InvalidToken or EditionNotInToken.
    """
    rights = current()
    try:
        require(editions, rights.readable, with_token=rights.with_token)
    except TickerError as error:
        raise rights.refused or error from None


def require_filter(filter: Filter) -> None:
    """Raise unless the request may read the editions that ``filter`` names."""
    if current().readable is not None:
        require_editions(named(filter))


def readable_part(filter: Filter) -> Filter:
    """Return ``filter`` without the editions that the request may not read."""
    return restricted(filter, current().readable)


def may_read_now(edition: str) -> bool:
    """Return whether the request may read ``edition``."""
    return may_read(edition, current().readable)


def has_editor_key(request: Request) -> bool:
    """Tell whether the request has an editor key, as far as that can be seen.

    An ``Authorization`` that is no reader token counts as one: the key is judged elsewhere.
    """
    return "authorization" in request.headers and not current().with_token


class RequestRights:
    """Finds the rights of requests."""

    def __init__(
        self,
        judge: Judge,
        check_editor: Callable[[Request], Awaitable[object]] | None = None,
    ) -> None:
        """``check_editor`` raises unless the request has a valid editor key or session.

        None: ``judge`` judges editor keys too.
        """
        self._judge = judge
        self._check_editor = check_editor

    @property
    def enabled(self) -> bool:
        """Tell whether any edition is protected."""
        return self._judge.access.enabled

    @property
    def public(self) -> Rights:
        """Return the rights of a request without a token."""
        return self._judge.access.public

    def protects(self, edition: str) -> bool:
        """Tell whether ``edition`` needs a token."""
        return edition in self._judge.access.protected

    async def of(self, request: Request, client: str) -> Rights:
        """Return the rights of ``request``, and remove the token from its query.

        Raises BadRequest for two tokens, Unauthorised, TooMany and Unavailable.
        """
        judge = self._judge
        if not judge.access.enabled:
            return EVERYTHING
        query = request.scope["query_string"].decode("latin-1")
        # A set without the token before anything can fail: an error's page or log may name it.
        request.scope["query_string"] = without_token(query).encode("latin-1")
        if self._check_editor is not None and means_session(request):
            await self._check_editor(request)
            return EDITOR
        headers = {name: request.headers[name] for name in _HEADERS if name in request.headers}
        if "," in headers.get("authorization", ""):
            raise BadRequest("send the header authorization once")
        given = judge.access.presented(headers, query)
        if given is None:
            return judge.access.public
        if given.is_editor_key and self._check_editor is not None:
            await self._check_editor(request)
            return EDITOR
        if judge.unprepared(client, given):
            await judge.prepare(given)
        return judge.rights(client, given)


_HEADERS = ("authorization", "cookie", "origin", "host", "sec-fetch-site", "sec-fetch-mode")
