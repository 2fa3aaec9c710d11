"""Routes for one's own sessions: see where you are signed in, and end what you do not know."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.audit_notes import note_change
from ticker.api.auth import Auth
from ticker.api.headers import PRIVATE_HEADERS
from ticker.api.people_schemas import OwnSession, OwnSessions
from ticker.api.routing import Operation, client_of, json_response
from ticker.api.session_cookie import means_session, session_of
from ticker.domain.errors import Forbidden, NotFound, TooMany, Unauthorised, Unavailable
from ticker.people.sessions import OpenSession, Origin, Sessions, session_id

_PATH = "/v1/account/sessions"
_PROBLEMS = (Unauthorised, Forbidden, TooMany, Unavailable)


class OwnSessionRoutes:
    """Handlers for everybody: the sessions of one's account, or of the key that is sent."""

    def __init__(self, auth: Auth, sessions: Sessions, secure: Callable[[Request], bool]) -> None:
        """``secure`` tells whether a browser came over HTTPS."""
        self._auth = auth
        self._sessions = sessions
        self._secure = secure

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                *("GET", _PATH, "list_sessions", "List your sessions", self.list, "Editors"),
                text="Those of your account; with an editor key, those that began with this key.",
                key="required",
                response=OwnSessions,
                problems=_PROBLEMS,
            ),
            Operation(
                *("DELETE", _PATH, "end_other_sessions", "End all your other sessions"),
                *(self.end_others, "Editors"),
                text="The session of the request stays. All servers end them within five seconds.",
                key="required",
                response=OwnSessions,
                problems=_PROBLEMS,
            ),
            Operation(
                *("DELETE", f"{_PATH}/{{id}}", "end_session", "End one of your sessions"),
                *(self.end, "Editors"),
                text="All servers end it within five seconds.",
                key="required",
                response=OwnSession,
                problems=(*_PROBLEMS, NotFound),
            ),
        ]

    async def list(self, request: Request) -> Response:
        """Handle ``GET /v1/account/sessions``."""
        holder = await self._auth.editor(request, "read")
        return self._answer(request, await self._sessions.listing(holder))

    async def end_others(self, request: Request) -> Response:
        """Handle ``DELETE /v1/account/sessions``."""
        holder = await self._auth.editor(request, "read")
        ended = await self._sessions.end_others(holder, self._own(request))
        self._note(request, ended, _PATH)
        return self._answer(request, ended)

    async def end(self, request: Request) -> Response:
        """Handle ``DELETE /v1/account/sessions/{id}``."""
        holder = await self._auth.editor(request, "read")
        ended = await self._sessions.end(holder, request.path_params["id"])
        self._note(request, [ended], f"{_PATH}/{ended.id}")
        return json_response(self._shown(request, ended).model_dump(), headers=PRIVATE_HEADERS)

    def _note(self, request: Request, ended: Sequence[OpenSession], target: str) -> None:
        for one in ended:
            self._auth.forget_digest(bytes.fromhex(one.digest))
        ids = [one.id for one in ended]
        note_change(request, target, {"sessions": (ids, [])} if ids else {})

    def _answer(self, request: Request, found: Sequence[OpenSession]) -> Response:
        shown = OwnSessions(sessions=[self._shown(request, one) for one in found])
        return json_response(shown.model_dump(), headers=PRIVATE_HEADERS)

    def _shown(self, request: Request, one: OpenSession) -> OwnSession:
        return OwnSession(
            id=one.id,
            began_at=one.began_at,
            used_at=one.used_at,
            address=one.origin.address,
            browser=one.origin.browser,
            current=means_session(request) and session_id(self._own(request)) == one.id,
        )

    def _own(self, request: Request) -> str:
        return session_of(request, secure=self._secure(request)) if means_session(request) else ""


def origin_of(request: Request) -> Origin:
    """Return where ``request`` comes from, for the session that it begins."""
    return Origin(client_of(request), request.headers.get("user-agent", ""))
