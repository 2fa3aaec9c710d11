"""The console's pages beside the board: wire desk, pictures, audit, people, keys, own account.

The server renders their frame and forms. What they list comes from the API that everybody uses.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.routing import Operation
from ticker.api.static_files import TYPES
from ticker.config import Settings
from ticker.console.refusal_page import with_refusal_page
from ticker.console.rendering import as_json, render
from ticker.console.sign_in import SignInPage, failure, provider_label
from ticker.console.texts import Texts, refusals, texts_for, view_texts
from ticker.domain.audit_action import CAME_TO
from ticker.domain.editor import ALERT_LEVELS, PERMISSIONS, Editor
from ticker.domain.errors import Forbidden, TooMany, Unauthorised, Unavailable
from ticker.translations import Translation, translation_for

PLACES = ("console", "wires", "media", "audit", "people", "keys")
"""The pages of the navigation, in its order. The page of one's own account is in the menu."""
ACTIONS = (
    *("publish", "draft", "approve", "update", "correct", "retract", "release", "reschedule"),
    *("expire", "pin", "unpin", "import", "create_person", "change_person", "remove_person"),
    *("create_key", "revoke_key", "add_picture", "remove_picture"),
    *("add_wire", "change_wire", "remove_wire"),
    *("sign_in", "sign_in_failed", "sign_out", "end_session", "end_other_sessions"),
    *("add_passkey", "remove_passkey", "prove"),
)
"""Actions by which the audit can be filtered."""
_SUMMARIES = {
    "wires": "Get the wire desk: drafts of agencies, and their feeds",
    "media": "Get the page of pictures",
    "audit": "Get the page of the audit",
    "people": "Get the page of accounts",
    "keys": "Get the page of editor keys",
    "account": "Get the page of your own account and your sessions",
}
_FOR_CHIEFS = ("audit", "people", "keys")
_KEYS: dict[str, tuple[tuple[str, str], ...]] = {
    "wires": (("J K", "moveKey"), ("A", "approveKey"), ("X", "dismissKey"), ("O", "originalKey")),
    "media": (("J K", "moveKey"), ("N", "uploadKey"), ("U", "useKey"), ("C", "changeKey")),
    "audit": (("J K", "moveKey"), ("/", "searchKey")),
    "people": (("J K", "moveKey"), ("N", "newPerson"), ("C", "changeKey")),
    "keys": (("J K", "moveKey"), ("N", "newKey")),
    "account": (("J K", "moveKey"),),
}
"""Keys of a page with the names of their texts."""


def places_for(editor: Editor) -> list[tuple[str, str]]:
    """Return the pages that an editor may open, with their addresses."""
    return [
        (name, "/console" if name == "console" else f"/console/{name}")
        for name in PLACES
        if name not in _SUMMARIES or _may_open(name, editor)
    ]


def _may_open(name: str, editor: Editor) -> bool:
    return name not in _FOR_CHIEFS or "people" in PERMISSIONS[editor.role]


class ViewRoutes:
    """Handlers of the pages."""

    def __init__(self, auth: Auth, settings: Settings, sign_in_page: SignInPage) -> None:
        self._sign_in_page = sign_in_page
        self._auth = auth
        self._settings = settings

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                f"/console/{name}",
                f"console_{name}",
                summary,
                with_refusal_page(self.page, self._settings.site_name),
                "Console",
                response_type=TYPES[".html"],
                problems=(Unauthorised, Forbidden, TooMany, Unavailable),
            )
            for name, summary in _SUMMARIES.items()
        ]

    async def page(self, request: Request) -> Response:
        """Handle ``GET /console/{name}``: the page, or the form to sign in."""
        place = request.url.path.rpartition("/")[2]
        texts = texts_for(request)
        editor = await self._auth.visitor(request)
        if editor is None:
            return await self._sign_in_page.page(request)
        if not _may_open(place, editor):
            raise Forbidden("your role may not open this page")
        topics = translation_for(texts.language)
        own = view_texts(texts)
        editions = {
            name: one
            for name, one in self._settings.editions.items()
            if editor.editions is None or name in editor.editions
        }
        return render(
            texts,
            self._settings.site_name,
            "view.html",
            place=place,
            places=places_for(editor),
            editor=editor,
            permissions=PERMISSIONS[editor.role],
            editions=editions,
            sections=[(slug, topics.topic(slug)) for slug in self._settings.sections],
            actions=ACTIONS,
            failed=failure(texts, request),
            provider=provider_label(self._settings),
            keys=[(key, own.page[name]) for key, name in _KEYS[place]],
            settings=as_json(self._script_settings(editor, texts, own, topics)),
        )

    def _script_settings(
        self, editor: Editor, texts: Texts, own: Texts, topics: Translation
    ) -> dict[str, object]:
        """Return what the scripts of a page need to know."""
        permissions = PERMISSIONS[editor.role]

        def labels(kind: str, source: Texts) -> dict[str, str]:
            start = f"{kind}."
            return {
                name.removeprefix(start): text
                for name, text in source.page.items()
                if name.startswith(start)
            }

        return {
            "lang": texts.language,
            "words": {**texts.script, **own.script},
            "refusals": dict(refusals(texts)),
            "levels": labels("level", texts),
            "states": labels("state", texts),
            "values": labels("value", own),
            "roles": labels("role", texts),
            "fields": labels("field", texts) | labels("field", own),
            "actions": labels("audit", own),
            "cameTo": CAME_TO,
            "utc": topics.site["utc"],
            "alerts": sorted(ALERT_LEVELS),
            "account": editor.account,
            "key": "" if editor.account else editor.key_id,
            "twoPerson": list(self._settings.two_person_levels),
            "mayAlert": "alert" in permissions,
            "mayPublish": "publish" in permissions,
            "mayOperate": "operate" in permissions,
            "mayPeople": "people" in permissions,
        }
