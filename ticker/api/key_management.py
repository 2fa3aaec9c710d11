"""Routes for editor keys: make, list and revoke them; and whose key this is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.audit_notes import note_change
from ticker.api.auth import Auth
from ticker.api.bodies import BODY_PROBLEMS, read_json
from ticker.api.key_schemas import Holder, KeyDraft, KeyList, KeyWithSecret, ShownKey
from ticker.api.routing import Operation, json_response
from ticker.domain.clock import to_ms
from ticker.domain.editor import PERMISSIONS, Editor, Role
from ticker.domain.errors import (
    BadRequest,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    Unauthorised,
    Unavailable,
)
from ticker.domain.messages import message_of, said
from ticker.domain.taxonomy import Taxonomy
from ticker.domain.validation_messages import validate
from ticker.storage.editor_keys import EditorKey, changes, target_of

PRIVATE = {"cache-control": "no-store"}


class KeyStore(Protocol):
    """The store of keys. Methods raise Unavailable."""

    async def create(
        self,
        name: str,
        *,
        role: Role,
        editions: Sequence[str],
        expires_ms: int | None,
        by: str,
    ) -> tuple[str, EditorKey]:
        """Make a key; return it and what is listed of it. Raises ValueError."""

    async def listing(self) -> list[EditorKey]:
        """Return all keys, oldest first."""

    async def revoke(self, id: str) -> EditorKey:
        """Make the key ``id`` invalid. Raises NotFound."""


class KeyRoutes:
    """Handlers for chiefs, and one for the holder of any key."""

    def __init__(self, store: KeyStore, auth: Auth, taxonomy: Taxonomy, max_body: int) -> None:
        """``max_body`` is the largest request body in bytes."""
        self._store = store
        self._auth = auth
        self._taxonomy = taxonomy
        self._max_body = max_body

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                "/v1/keys",
                "list_keys",
                "List the editor keys",
                self.list,
                "Editors",
                key="required",
                permission="people",
                response=KeyList,
                problems=(Unauthorised, Unavailable),
            ),
            Operation(
                "POST",
                "/v1/keys",
                "create_key",
                "Make an editor key",
                self.create,
                "Editors",
                text=(
                    "The answer has the key, which is not shown again. A key that is limited to "
                    "editions makes keys for these only."
                ),
                key="required",
                permission="people",
                body=KeyDraft,
                status=201,
                response=KeyWithSecret,
                problems=(*BODY_PROBLEMS, Unauthorised, Unavailable),
            ),
            Operation(
                "DELETE",
                "/v1/keys/{id}",
                "revoke_key",
                "Revoke an editor key",
                self.revoke,
                "Editors",
                text="All servers refuse it within five seconds.",
                key="required",
                permission="people",
                response=ShownKey,
                problems=(Unauthorised, NotFound, Unavailable),
            ),
            Operation(
                "GET",
                "/v1/key",
                "holder",
                "Get the holder of the key that you send",
                self.holder,
                "Editors",
                key="required",
                response=Holder,
                problems=(Unauthorised, Unavailable),
            ),
        ]

    async def list(self, request: Request) -> Response:
        """Handle ``GET /v1/keys``."""
        await self._auth.editor(request, "people")
        found = KeyList(keys=[ShownKey.of(key) for key in await self._store.listing()])
        return json_response(found.model_dump(), headers=PRIVATE)

    async def create(self, request: Request) -> Response:
        """Handle ``POST /v1/keys``."""
        editor = await self._auth.editor(request, "people")
        draft = validate(KeyDraft, await read_json(request, self._max_body))
        self._check(editor, draft)
        try:
            secret, made = await self._store.create(
                draft.name,
                role=draft.role,
                editions=draft.editions,
                expires_ms=None if draft.expires_at is None else to_ms(draft.expires_at),
                by=editor.name,
            )
        except ValueError as error:
            raise BadRequest(message_of(error)) from None
        shown = ShownKey.of(made).model_dump() | {"key": secret}
        note_change(request, target_of(made), changes(None, made))
        headers = {**PRIVATE, "location": target_of(made)}
        return json_response(shown, 201, headers)

    async def revoke(self, request: Request) -> Response:
        """Handle ``DELETE /v1/keys/{id}``."""
        editor = await self._auth.editor(request, "people")
        id: str = request.path_params["id"]
        if editor.editions is not None:
            limits = {key.id: frozenset(key.editions) for key in await self._store.listing()}
            if id in limits and not (limits[id] and limits[id] <= editor.editions):
                raise Forbidden(said("key-elsewhere"))
        revoked = await self._store.revoke(id)
        note_change(request, target_of(revoked), changes(revoked, None))
        return json_response(ShownKey.of(revoked).model_dump(), 200, PRIVATE)

    async def holder(self, request: Request) -> Response:
        """Handle ``GET /v1/key``."""
        editor = await self._auth.editor(request, "read")
        shown = Holder(
            id=editor.key_id,
            name=editor.name,
            role=editor.role,
            editions=sorted(editor.editions or ()),
            permissions=sorted(PERMISSIONS[editor.role]),
        )
        return json_response(shown.model_dump(), headers=PRIVATE)

    def _check(self, editor: Editor, draft: KeyDraft) -> None:
        if message := self._taxonomy.unknown("edition", draft.editions):
            raise Invalid([FieldError("editions", message)])
        if editor.editions is None:
            return
        if not draft.editions:
            raise Forbidden(said("key-editions"))
        for edition in draft.editions:
            editor.check_edition(edition)
