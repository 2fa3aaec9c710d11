"""``/openapi.json`` (OpenAPI 3.1): the route table and the pydantic models, put together.

Nothing is described twice: fields come from the models that validate them, addresses from the rows
that serve them, problems from the classes that are raised.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from ticker import __version__
from ticker.api import problems, push_schemas, webhook_schemas
from ticker.api import schemas as models
from ticker.api.resource import Operation, Param
from ticker.domain.errors import PROBLEMS, TickerError
from ticker.domain.item import Change, Draft
from ticker.push.model.subscription import BrowserRegistration, DeviceRegistration

_REQUESTS = (
    *(Draft, Change, models.Retraction, models.Nothing, models.ImportLine, models.Beacon),
    *webhook_schemas.REQUESTS,
    BrowserRegistration,
    DeviceRegistration,
    models.Endpoint,
    models.Device,
)
_ANSWERS = (
    models.PublicItem,
    models.DeskItem,
    models.ShownItem,
    models.Result,
    models.Event,
    models.Snapshot,
    models.Events,
    models.Story,
    models.Related,
    models.MostRead,
    models.PushKey,
    models.Registered,
    models.WidgetWords,
    models.ItemList,
    models.ImportReport,
    models.Problem,
    models.Alive,
    models.Readiness,
    *webhook_schemas.ANSWERS,
    *push_schemas.ANSWERS,
)

TAGS = {
    "Readers": "What everybody may read: snapshots, what was missed, and live events.",
    "Push": "Browsers and apps that want to be told while they are closed.",
    "Feeds": "What aggregators and search engines read, in their own formats.",
    "Editors": "What needs an editor key, sent as `Authorization: Bearer tk_…`.",
    "Operators": "Health and figures.",
    "Pages": "The page, the client, and these documents.",
}

_TEXT = (
    "Breaking-news push. Editors publish short items; every open page shows them within "
    "milliseconds, and a reader that was away resumes from its cursor. Errors are problem "
    "documents (RFC 9457). `HEAD` works wherever `GET` does. A revoked key stops working within "
    "five seconds."
)


def describe(table: Iterable[Operation]) -> dict[str, Any]:
    """Return the OpenAPI document for the operations in ``table``."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in table:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ticker",
            "version": __version__,
            "description": _TEXT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An editor key: `tk_` and 32 characters (`ticker keys create`).",
                }
            },
        },
    }


@cache
def _schemas() -> dict[str, Any]:
    """Return the schemas of all models. Made once in a process: it takes a tenth of a second."""
    wanted: list[tuple[Any, JsonSchemaMode]] = [
        *((model, "validation") for model in _REQUESTS),
        *((model, "serialization") for model in _ANSWERS),
    ]
    _, schema = models_json_schema(wanted, ref_template="#/components/schemas/{model}")
    schemas: dict[str, Any] = _untitled(schema["$defs"])
    schemas["Problem"]["properties"]["type"]["enum"] = [
        PROBLEMS + problem.slug for problem in problems.ALL
    ]
    schemas["Cursor"] = {
        "type": "string",
        "description": "Where a reader stands in the lane; opaque, one for all filters.",
        "pattern": r"^[0-9a-z]{1,13}\.[0-9]{1,20}-[0-9]{1,20}$",
    }
    schemas["Poll"] = _one_of(
        "What is out, what happened since, or the desk's list.", "Snapshot", "Events", "ItemList"
    )
    schemas["OneItem"] = _one_of(
        "An item; with a key as the desk sees it.", "PublicItem", "ShownItem"
    )
    return dict(sorted(schemas.items()))


def _untitled(node: Any) -> Any:
    """Drop the titles that pydantic makes out of field names; they say nothing new."""
    if isinstance(node, dict):
        return {
            key: _untitled(value)
            for key, value in node.items()
            if not (key == "title" and isinstance(value, str))
        }
    return [_untitled(value) for value in node] if isinstance(node, list) else node


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
    }
    if operation.text:
        described["description"] = operation.text
    if operation.key != "no":
        described["security"] = [{"key": []}] + ([{}] if operation.key == "optional" else [])
    parameters = [_parameter(param) for param in operation.params]
    if "{id}" in operation.path:
        parameters.insert(0, _parameter(Param("id", "path", _whose(operation.path))))
    if "{story}" in operation.path:
        parameters.insert(0, _parameter(Param("story", "path", "The story's name.")))
    if "{tag}" in operation.path:
        parameters.insert(0, _parameter(Param("tag", "path", "12 digits that its content makes.")))
    if "{slug}" in operation.path:
        parameters.insert(0, _parameter(Param("slug", "path", _slug(operation.path))))
    if "{provider}" in operation.path:
        parameters.insert(0, _parameter(Param("provider", "path", "webpush, fcm or apns.")))
    if "{edition}" in operation.path:
        parameters.insert(0, _parameter(Param("edition", "path", "The edition's name.")))
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {
            "required": operation.body_needed,
            "content": {operation.body_type: {"schema": _ref(operation.body)}},
        }
    described["responses"] = _responses(operation)
    return described


def _whose(path: str) -> str:
    return "The endpoint's id." if "/webhooks/" in path else "The item's id."


def _slug(path: str) -> str:
    return "The last part of its `type`." if "/problems/" in path else "As the taxonomy writes it."


def _responses(operation: Operation) -> dict[str, Any]:
    good: dict[str, Any] = {"description": operation.summary}
    if operation.answer is not None:
        good["content"] = {operation.answer_type: {"schema": _ref(operation.answer)}}
    elif operation.status == 200:
        kind = "object" if operation.answer_type.endswith("json") else "string"
        good["content"] = {operation.answer_type: {"schema": {"type": kind}}}
    responses = {str(operation.status): good}
    versioned = "/items" in operation.path and operation.name != "receipts"
    if operation.status in (200, 201) and operation.key != "no" and versioned:
        tag = {"description": "For If-None-Match or If-Match.", "schema": {"type": "string"}}
        good["headers"] = {"ETag": tag}
    if operation.status == 201 and operation.key != "no":
        good.setdefault("headers", {})["Location"] = {
            "description": "Where it is.",
            "schema": {"type": "string"},
        }
    if operation.known is not None:
        responses[str(operation.known)] = {**good, "description": "It was known already"}
    if any(param.name == "If-None-Match" for param in operation.params):
        responses["304"] = {"description": "Nothing new since the ETag sent"}
    if operation.name == "ready":
        responses["503"] = {**good, "description": "Events do not travel; `silent` says where"}
    by_status: dict[int, list[type[TickerError]]] = {}
    raised: tuple[type[TickerError], ...] = (*operation.problems, problems.Internal)
    for error in raised:
        by_status.setdefault(error.status, []).append(error)
    for status, found in sorted(by_status.items()):
        responses[str(status)] = _problem(found)
    return responses


def _problem(found: list[type[TickerError]]) -> dict[str, Any]:
    types = [PROBLEMS + error.slug for error in found]
    described: dict[str, Any] = {
        "description": "; ".join(f"{error.title} (`{error.slug}`)" for error in found),
        "content": {
            problems.MEDIA_TYPE: {
                "schema": {
                    "allOf": [_ref("Problem"), {"properties": {"type": {"enum": types}}}],
                }
            }
        },
    }
    if found[0].status in (429, 503):
        described["headers"] = {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        }
    if found[0].status == 401:
        described["headers"] = {
            "WWW-Authenticate": {"description": "Bearer.", "schema": {"type": "string"}}
        }
    return described


def _parameter(param: Param) -> dict[str, Any]:
    schema: dict[str, Any] = dict(param.schema)
    described: dict[str, Any] = {
        "name": param.name,
        "in": param.where,
        "description": param.text,
        "required": param.where == "path",
    }
    if param.many:
        described["schema"] = {"type": "array", "items": schema, "maxItems": 32}
        described |= {"style": "form", "explode": True}
    else:
        described["schema"] = schema
    return described


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _one_of(text: str, *names: str) -> dict[str, Any]:
    return {"description": text, "oneOf": [_ref(name) for name in names]}
