"""``/openapi.json`` (OpenAPI 3.1), generated from the route table.

Fields come from the pydantic models of the operations, addresses from the operations that serve
them, and problems from the exception classes.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from ticker import __version__
from ticker.api import problem_documents
from ticker.api.problem_schemas import Problem
from ticker.api.routing import Operation, Param
from ticker.domain.editor import role_for
from ticker.domain.errors import (
    PROBLEMS,
    BadRequest,
    Forbidden,
    TickerError,
    TooMany,
    Unauthorised,
)

_Model: TypeAlias = tuple[type[BaseModel], JsonSchemaMode]

TAGS = {
    "Readers": "Public reading: snapshots, missed events and live events.",
    "Push": "Registration of browsers and apps for alerts.",
    "Feeds": "Feeds and formats for aggregators and search engines.",
    "Sessions": "Signing in and out, in browsers.",
    "Console": "The editors' console, for browsers that have signed in.",
    "Editors": "Editing; needs an editor key, sent as `Authorization: Bearer tk_…`. A browser that "
    "has signed in sends its cookie, and `Authorization: Session`.",
    "Operators": "Health checks and metrics.",
    "Pages": "The site, the JavaScript client, and this documentation.",
}

_TEXT = (
    "Breaking-news push. Editors publish short items, every open page shows them within "
    "milliseconds, and a disconnected client resumes from its cursor. Errors are problem documents "
    "(RFC 9457). Every `GET` address supports `HEAD`. A revoked key stops working within five "
    "seconds."
)


def describe(table: Iterable[Operation]) -> dict[str, Any]:
    """Return the OpenAPI document for the operations in ``table``."""
    operations = list(table)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
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
            "schemas": _schemas(_models(operations)),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An editor key: `tk_` and 32 characters (`ticker keys create`).",
                }
            },
        },
    }


def _models(operations: Iterable[Operation]) -> tuple[_Model, ...]:
    """Return every model of the requests and responses once, in a stable order."""
    models: dict[_Model, None] = {}
    for operation in operations:
        if operation.body is not None:
            models[operation.body, "validation"] = None
        if operation.response is not None:
            models[operation.response, "serialization"] = None
    models[Problem, "serialization"] = None
    return tuple(models)


@cache
def _schemas(models: tuple[_Model, ...]) -> dict[str, Any]:
    """Return the schemas of ``models``. Cached, because this takes a tenth of a second."""
    _, schema = models_json_schema(models, ref_template="#/components/schemas/{model}")
    schemas: dict[str, Any] = _untitled(schema["$defs"])
    schemas["Problem"]["properties"]["type"]["enum"] = [
        PROBLEMS + problem.slug for problem in problem_documents.ALL
    ]
    schemas["Cursor"] = {
        "type": "string",
        "description": "A position in the lane. Opaque, and the same for all filters.",
        "pattern": r"^[0-9a-z]{1,13}\.[0-9]{1,20}-[0-9]{1,20}$",
    }
    return dict(sorted(schemas.items()))


def _untitled(node: Any) -> Any:
    """Drop the titles that pydantic derives from field names."""
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
    texts = [operation.text]
    if operation.permission != "read":
        texts.append(f"Needs a key with role {role_for(operation.permission)}.")
    if any(texts):
        described["description"] = " ".join(filter(None, texts))
    if operation.key == "required":
        described["x-role"] = role_for(operation.permission)
    if operation.key != "none":
        described["security"] = [{"key": []}] + ([{}] if operation.key == "optional" else [])
    parameters = [_parameter(param) for param in operation.params]
    if "{id}" in operation.path:
        parameters.insert(0, _parameter(Param("id", "path", _id_description(operation.path))))
    if "{story}" in operation.path:
        parameters.insert(0, _parameter(Param("story", "path", "The story's name.")))
    if "{tag}" in operation.path:
        parameters.insert(
            0, _parameter(Param("tag", "path", "The first 12 digits of its content's SHA-256."))
        )
    if "{slug}" in operation.path:
        parameters.insert(0, _parameter(Param("slug", "path", _slug_description(operation.path))))
    if "{provider}" in operation.path:
        parameters.insert(0, _parameter(Param("provider", "path", "`webpush`, `fcm` or `apns`.")))
    if "{time}" in operation.path:
        parameters.insert(0, _parameter(Param("time", "path", "A time, in UTC without a zone.")))
    if "{edition}" in operation.path:
        parameters.insert(0, _parameter(Param("edition", "path", "The edition's name.")))
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {
            "required": operation.body_required,
            "content": {operation.body_type: {"schema": _ref(operation.body.__name__)}},
        }
    described["responses"] = _responses(operation)
    return described


def _id_description(path: str) -> str:
    whose = {
        "keys": "key",
        "media": "picture",
        "passkeys": "passkey",
        "sessions": "session",
        "webhooks": "endpoint",
    }
    found = (word for folder, word in whose.items() if f"/{folder}/" in path)
    return f"The {next(found, 'item')}'s id."


def _slug_description(path: str) -> str:
    return (
        "The last part of the problem's `type`."
        if "/problems/" in path
        else "The name in the taxonomy."
    )


def _responses(operation: Operation) -> dict[str, Any]:
    good: dict[str, Any] = {"description": operation.summary}
    if operation.response is not None:
        good["content"] = {operation.response_type: {"schema": _ref(operation.response.__name__)}}
    elif operation.status == 200:
        kind = "object" if operation.response_type.endswith("json") else "string"
        good["content"] = {operation.response_type: {"schema": {"type": kind}}}
    responses = {str(operation.status): good}
    versioned = "/items" in operation.path and operation.name != "receipts"
    if operation.status in (200, 201) and operation.key != "none" and versioned:
        tag = {"description": "Use it in If-None-Match or If-Match.", "schema": {"type": "string"}}
        good["headers"] = {"ETag": tag}
    if operation.status == 201 and operation.key != "none":
        good.setdefault("headers", {})["Location"] = {
            "description": "Address of the new resource.",
            "schema": {"type": "string"},
        }
    if operation.existing_status is not None:
        responses[str(operation.existing_status)] = {**good, "description": "It existed already"}
    if any(param.name == "If-None-Match" for param in operation.params):
        responses["304"] = {"description": "Not modified since the ETag sent"}
    if operation.name == "ready":
        responses["503"] = {**good, "description": "Events do not travel; `silent` names the hop"}
    by_status: dict[int, list[type[TickerError]]] = {}
    raised: tuple[type[TickerError], ...] = (*operation.problems, problem_documents.Internal)
    if operation.permission != "read":
        raised = (*raised, Forbidden)
    if Unauthorised in raised and TooMany not in raised:
        raised = (*raised, TooMany)  # each key has a budget of requests
    if "{" in operation.path and BadRequest not in raised:
        raised = (BadRequest, *raised)  # a control character in the path
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
            problem_documents.MEDIA_TYPE: {
                "schema": {
                    "allOf": [_ref("Problem"), {"properties": {"type": {"enum": types}}}],
                }
            }
        },
    }
    if found[0].status in (429, 503):
        described["headers"] = {
            "Retry-After": {
                "description": "Seconds to wait before the next attempt.",
                "schema": {"type": "integer"},
            }
        }
    if found[0].status == 401:
        described["headers"] = {
            "WWW-Authenticate": {"description": "The Bearer scheme.", "schema": {"type": "string"}}
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
