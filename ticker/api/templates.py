"""Routes for templates: what chiefs prepare, and what everybody fills in."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.bodies import BODY_PROBLEMS, read_json
from ticker.api.routing import Operation, Param, json_response
from ticker.api.schema import Schema
from ticker.config import Settings
from ticker.domain.draft import read_draft
from ticker.domain.errors import (
    Conflict,
    FieldError,
    Invalid,
    NotFound,
    Unauthorised,
    Unavailable,
)
from ticker.domain.messages import said
from ticker.domain.template import FIELDS_MAX, NAME, Template, check, filled
from ticker.domain.validation_messages import validate
from ticker.publishing.template_store import TEMPLATES_MAX, TemplateStore
from ticker.translations import translation_for

PATH = "/v1/templates"
PRIVATE = {"cache-control": "no-store"}
_NAME = Param("name", "path", "Name of the template.", {"type": "string", "pattern": NAME.pattern})


class ShownTemplate(Schema):
    """A template with its name, and the names of its fields."""

    name: str
    fields: list[str]
    title: str
    desk: str | None
    level: str
    edition: str
    headline: str
    summary: str | None
    speaker: str | None
    source: str | None
    note: str | None
    sections: list[str]
    regions: list[str]
    tags: list[str]
    push: bool
    cancellation: str | None


class TemplateList(Schema):
    """All templates, by name."""

    templates: list[ShownTemplate]


class FieldValues(Schema):
    """The values of a template's fields."""

    fields: Annotated[dict[str, str], Field(max_length=FIELDS_MAX, default_factory=dict)]


class FilledTemplate(Schema):
    """The draft for ``POST /v1/items``, and the draft of the item that cancels it.

    The cancellation is published beside the retraction, so that readers learn that it was wrong.
    """

    draft: dict[str, Any]
    cancellation: dict[str, Any]


class TemplateRoutes:
    """Handlers for editors; chiefs alone change templates."""

    def __init__(self, store: TemplateStore, auth: Auth, settings: Settings) -> None:
        self._store = store
        self._auth = auth
        self._settings = settings

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                PATH,
                "templates",
                "List the templates",
                self.list,
                "Editors",
                key="required",
                response=TemplateList,
                problems=(Unauthorised, Unavailable),
            ),
            Operation(
                "PUT",
                PATH + "/{name}",
                "put_template",
                "Add or replace a template",
                self.put,
                "Editors",
                text=(
                    "A field is a name in braces in one of the texts, as in `Earthquake near "
                    f"{{place}}`. A newsroom has at most {TEMPLATES_MAX} templates."
                ),
                key="required",
                permission="alert",
                params=(_NAME,),
                body=Template,
                response=ShownTemplate,
                problems=(*BODY_PROBLEMS, Unauthorised, NotFound, Conflict, Unavailable),
            ),
            Operation(
                "DELETE",
                PATH + "/{name}",
                "remove_template",
                "Remove a template",
                self.remove,
                "Editors",
                key="required",
                permission="alert",
                params=(_NAME,),
                status=204,
                problems=(Unauthorised, NotFound, Unavailable),
            ),
            Operation(
                "POST",
                PATH + "/{name}/fill",
                "fill_template",
                "Fill in a template",
                self.fill,
                "Editors",
                text="Publishes nothing: send `draft` to `POST /v1/items`, or to the preview.",
                key="required",
                recorded=True,  # it changes nothing
                permission="draft",
                params=(_NAME,),
                body=FieldValues,
                response=FilledTemplate,
                problems=(*BODY_PROBLEMS, Unauthorised, NotFound, Unavailable),
            ),
        ]

    async def list(self, request: Request) -> Response:
        """Handle ``GET /v1/templates``."""
        await self._auth.editor(request, "read")
        found = await self._store.all()
        shown = [_shown(name, template) for name, template in found.items()]
        return json_response({"templates": shown}, headers=PRIVATE)

    async def put(self, request: Request) -> Response:
        """Handle ``PUT /v1/templates/{name}``."""
        editor = await self._auth.editor(request, "alert")
        name = request.path_params["name"]
        if NAME.fullmatch(name) is None:
            raise NotFound("a template's name has up to 40 of a-z, 0-9 and hyphens")
        template = validate(Template, await read_json(request, self._settings.max_body))
        check(template)
        editor.check_edition(template.edition)
        if (replaced := (await self._store.all()).get(name)) is not None:
            editor.check_edition(replaced.edition)
        # A draft with the fields as they are shows whether the newsroom would take it.
        read_draft(
            template.model_dump(exclude={"title", "desk", "cancellation"}, exclude_none=True),
            self._settings.taxonomy,
        )
        await self._store.put(name, template)
        return json_response(_shown(name, template), headers=PRIVATE)

    async def remove(self, request: Request) -> Response:
        """Handle ``DELETE /v1/templates/{name}``."""
        editor = await self._auth.editor(request, "alert")
        name = request.path_params["name"]
        editor.check_edition((await self._store.get(name)).edition)
        await self._store.remove(name)
        return Response(status_code=204)

    async def fill(self, request: Request) -> Response:
        """Handle ``POST /v1/templates/{name}/fill``."""
        await self._auth.editor(request, "draft")
        template = await self._store.get(request.path_params["name"])
        body = validate(FieldValues, await read_json(request, self._settings.max_body))
        edition = self._settings.taxonomy.editions.get(template.edition)
        if edition is None:
            message = said("edition-gone", edition=template.edition)
            raise Invalid([FieldError("edition", message)])
        withdrawn = translation_for(edition.language).push["withdrawn"]
        draft, cancellation = filled(template, body.fields, withdrawn)
        for one in (draft, cancellation):
            read_draft(one, self._settings.taxonomy)
        return json_response({"draft": draft, "cancellation": cancellation}, headers=PRIVATE)


def _shown(name: str, template: Template) -> dict[str, Any]:
    return {"name": name, "fields": list(template.fields), **template.model_dump()}
