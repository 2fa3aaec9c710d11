"""``/docs``: the OpenAPI document as one HTML page, without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from ticker.api import problem_documents

_CODE = re.compile("`([^`]+)`")
_METHODS = ("get", "post", "put", "patch", "delete")


def page(described: Mapping[str, Any]) -> str:
    """Return the HTML page for an OpenAPI document that ``openapi.describe`` made."""
    info = described["info"]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{escape(info['title'])} API</title>",
        '<link rel="icon" href="/favicon.svg" type="image/svg+xml">',
        '<link rel="stylesheet" href="/docs.css"></head><body>',
        '<a class="skip" href="#main">Skip to the operations</a>',
        f"<header><p class=brand>{escape(info['title'])}</p><h1>HTTP API</h1>",
        f"<p class=lead>{_prose(info['description'])}</p>",
        f"<p class=meta>Version {escape(info['version'])} · ",
        '<a href="/openapi.json">openapi.json</a> · <a href="/">the site</a></p></header>',
        '<div class="columns">',
        *_contents(described),
        '<main id="main">',
        *_operations(described),
        *_problems(),
        *_schemas(described),
        "</main></div></body></html>",
    ]
    return "".join(parts)


def _rows(described: Mapping[str, Any], tag: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, operations in described["paths"].items():
        for method in _METHODS:
            if method in operations and tag in operations[method]["tags"]:
                yield method, path, operations[method]


def _contents(described: Mapping[str, Any]) -> Iterator[str]:
    yield '<nav aria-label="Contents">'
    for tag in described["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2><ul>"
        for method, path, operation in _rows(described, tag["name"]):
            yield (
                f'<li><a href="#{escape(operation["operationId"])}">'
                f"<b class={method}>{method.upper()}</b> <span>{_path(path)}</span></a></li>"
            )
        yield "</ul>"
    yield '<h2>Reference</h2><ul><li><a href="#problems">Problems</a></li>'
    yield '<li><a href="#schemas">Schemas</a></li></ul></nav>'


def _operations(described: Mapping[str, Any]) -> Iterator[str]:
    for tag in described["tags"]:
        yield f"<section><h2>{escape(tag['name'])}</h2><p>{_prose(tag['description'])}</p>"
        for method, path, operation in _rows(described, tag["name"]):
            yield from _operation(method, path, operation)
        yield "</section>"


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f'<article id="{escape(operation["operationId"])}">'
    yield f"<h3><b class={method}>{method.upper()}</b> <code>{_path(path)}</code></h3>"
    yield f"<p class=summary>{_prose(operation['summary'])}{_key(operation)}</p>"
    if "description" in operation:
        yield f"<p>{_prose(operation['description'])}</p>"
    if "parameters" in operation:
        yield "<h4>Parameters</h4><dl>"
        for param in operation["parameters"]:
            kind = f"{param['in']} · {_type(param['schema'])}"
            yield f"<dt><code>{escape(param['name'])}</code> <small>{kind}</small></dt>"
            yield f"<dd>{_prose(param['description'])}</dd>"
        yield "</dl>"
    if "requestBody" in operation:
        body = operation["requestBody"]
        optional = "" if body["required"] else ", optional"
        for media, content in body["content"].items():
            yield f"<h4>Body</h4><p>{_type(content['schema'])} <small>{media}{optional}</small></p>"
    yield "<h4>CachedResponses</h4><dl>"
    for status, response in operation["responses"].items():
        yield f'<dt><code class="s{status[0]}">{status}</code></dt><dd>'
        yield from _answer(response)
        yield "</dd>"
    yield "</dl></article>"


def _answer(response: Mapping[str, Any]) -> Iterator[str]:
    for media, content in response.get("content", {}).items():
        if media == problem_documents.MEDIA_TYPE:
            types = content["schema"]["allOf"][1]["properties"]["type"]["enum"]
            yield " · ".join(_problem_link(type.rsplit("/", 1)[-1]) for type in types)
            return
        named = "$ref" in content["schema"]
        yield f"{_type(content['schema'])} " if named else ""
        yield f"<small>{escape(media)}</small>"
        return
    yield _prose(response["description"])


def _problem_link(slug: str) -> str:
    return f'<a href="#problem-{slug}"><code>{slug}</code></a>'


def _problems() -> Iterator[str]:
    yield '<section id="problems"><h2>Problems</h2><p>Errors are '
    yield f"<code>{problem_documents.MEDIA_TYPE}</code>: {_schema_link('Problem')}. "
    yield "<code>type</code> is stable and links here; titles and details may change.</p><dl>"
    for error in problem_documents.ALL:
        yield f'<dt id="problem-{error.slug}"><code class="s{str(error.status)[0]}">'
        yield f"{error.status}</code> <code>{error.slug}</code> "
        yield f"<small>{'temporary' if error.temporary else 'change the request'}</small></dt>"
        yield f"<dd>{escape(error.title)}. {_prose(_first_line(error))}</dd>"
    yield "</dl></section>"


def _first_line(error: type[Exception]) -> str:
    text = (error.__doc__ or "").strip().replace("``", "`")
    return " ".join(text.split())


def _schemas(described: Mapping[str, Any]) -> Iterator[str]:
    yield '<section id="schemas"><h2>Schemas</h2>'
    for name, schema in described["components"]["schemas"].items():
        yield f'<article id="schema-{escape(name)}"><h3><code>{escape(name)}</code></h3>'
        if "description" in schema:
            yield f"<p>{_prose(schema['description'].replace('``', '`'))}</p>"
        if "properties" not in schema:
            yield f"<p>{_type(schema)}</p></article>"
            continue
        required = set(schema.get("required", ()))
        yield "<dl>"
        for field, inner in schema["properties"].items():
            must = " · required" if field in required else ""
            yield f"<dt><code>{escape(field)}</code> <small>{_type(inner)}{must}</small></dt>"
            yield f"<dd>{_limits(inner)}</dd>"
        yield "</dl></article>"
    yield "</section>"


def _type(schema: Mapping[str, Any]) -> str:
    """Return a schema's type as HTML."""
    if "$ref" in schema:
        return _schema_link(schema["$ref"].rsplit("/", 1)[-1])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(_type(one) for one in schema[several])
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(str(schema['const']).lower())}</code>"
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return escape(str(schema.get("format", kind)))


def _limits(schema: Mapping[str, Any]) -> str:
    limits = [
        f"{words} {value:,}"
        for name, words in (
            ("minLength", "minimum length"),
            ("maxLength", "maximum length"),
            ("maxItems", "maximum entries"),
            ("exclusiveMinimum", "more than"),
            ("maximum", "maximum"),
        )
        for option in (schema, *schema.get("anyOf", ()))
        if isinstance(value := option.get(name), int)
    ]
    if schema.get("default") not in (None, [], False, ""):
        limits.append(f"default <code>{escape(str(schema['default']))}</code>")
    return ", ".join(limits)


def _schema_link(name: str) -> str:
    return f'<a href="#schema-{escape(name)}">{escape(name)}</a>'


def _key(operation: Mapping[str, Any]) -> str:
    if "security" not in operation:
        return ""
    word = "key optional" if {} in operation["security"] else "key required"
    return f" <small class=key>{word}</small>"


def _path(path: str) -> str:
    """Return a path as HTML that may wrap after slashes."""
    return escape(path).replace("/", "/<wbr>")


def _prose(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text))
