"""Make the pages of docs/reference from the code, so that they cannot be out of date.

    python -m scripts.reference            exit 1 if a page is not what the code makes
    python -m scripts.reference --write    write the pages

The pages are committed: they can be read beside the code, and a change of an interface shows in its
diff. tests/scripts/test_reference.py fails while one is out of date.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from ticker.api import problem_documents
from ticker.api.bulk_import_schemas import ImportLine
from ticker.api.metrics_poller import MetricsPoller
from ticker.cli.main import app
from ticker.config import Settings
from ticker.config.settings import GROUPS
from ticker.conformance.scripted_server import cases_json
from ticker.domain.cursor import StreamId
from ticker.domain.feed_sentences import FEEDS
from ticker.domain.field_sentences import FIELDS
from ticker.domain.refusal_sentences import REFUSALS, WARNINGS
from ticker.gateway.gateway import Gateway
from ticker.one_port.gateway_side import WebProcess
from ticker.push.model.provider_state import DryRun, ProviderState
from ticker.push.model.receipts import When
from ticker.push.store.metrics import PushMetrics
from ticker.server.accepting import Accepting
from ticker.server.web_role import create_app
from ticker.stream import close_codes
from ticker.telemetry.exposition import build_info
from ticker.telemetry.families import Family, MetricsSource
from ticker.telemetry.supervised import supervisor_families
from workers.archive import ArchiveTasks
from workers.delivery_tasks import DeliveryTasks
from workers.job_metrics import JobMetrics
from workers.redis_metrics import COUNTERS, GAUGES, STATES, redis_families
from workers.stream_tasks import StreamTasks

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "reference"
PACKAGES = (ROOT / "ticker", ROOT / "workers")
MARK = "<!-- Made by ./scripts/docs --write: do not edit below. -->\n"
"""What is above it in a page is written by hand."""


class Busy:
    """Stands for the store of a newsroom in which every figure of push and webhooks has a value."""

    async def metrics(self) -> PushMetrics:
        """Return the metrics."""
        newest = When(StreamId(1_000, 0), 2_000, 3_000)
        fcm = ProviderState("fcm", 9_000, 1, 9_000, None, None, 1, 1, 0, DryRun(8_000), {}, newest)
        return PushMetrics(9_000, (fcm,), {}, {}, 1, 1_000)


def main(arguments: list[str]) -> int:
    """Write or check the pages; return the exit code."""
    stale = 0
    for name, text in pages().items():
        path = PAGES / name
        if path.exists() and path.read_text() == text:
            continue
        if "--write" in arguments:
            path.write_text(text)
            print(f"docs/reference/{name}: written")
        else:
            print(f"docs/reference/{name} is not what the code makes: ./scripts/docs --write")
            stale += 1
    return 1 if stale else 0


def pages() -> dict[str, str]:
    """Return the text of each page by its file name."""
    answers = asyncio.run(_ask("/healthz", "/openapi.json"))
    made = {
        "settings.md": settings(),
        "commands.md": commands(),
        "http-api.md": http_api(json.loads(answers["/openapi.json"])),
        "problems.md": problem_types(),
        "close-codes.md": closing(),
        "metrics.md": metrics(),
        "modules.md": modules(),
    }
    marked = {
        name: (PAGES / name).read_text().partition(MARK)[0] + f"{MARK}\n{text.strip()}\n"
        for name, text in made.items()
    }
    made_whole = {
        "import-line.schema.json": import_line(),
        "client-cases.json": cases_json().decode(),
    }
    return marked | made_whole


def import_line() -> str:
    """Return the JSON Schema of one line of an import (NDJSON)."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    schema = head | ImportLine.model_json_schema()
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def modules() -> str:
    """Return the page of all modules by package: the first sentence of each docstring."""
    parts: list[str] = []
    for package in sorted(path.parent for top in PACKAGES for path in top.rglob("__init__.py")):
        parts.append(
            f"## {package.relative_to(ROOT)}\n\n{_first_sentence(package / '__init__.py')}\n"
        )
        files = sorted(path for path in package.glob("*.py") if path.name != "__init__.py")
        parts.append(
            _table(("file", "contents"), [(f"`{p.name}`", _first_sentence(p)) for p in files])
        )
    return "\n".join(parts)


def settings() -> str:
    """Return the page of all settings by group."""
    parts: list[str] = []
    for group in GROUPS:
        title, _, text = _prose(group.__doc__).partition("\n\n")
        parts.append(f"## {title.rstrip('.')}\n\n{text}".rstrip() + "\n")
        texts = docstrings(inspect.getsource(group), group.__name__)
        for name in group.model_fields:
            text, default = texts[name], _default(name)
            if default or "Default:" not in text:
                text += f"\n\nDefault: {default or 'none'}"
            parts.append(f"### {name}\n\n{text}\n")
    return "\n".join(parts)


def commands() -> str:
    """Return the page of all commands with their arguments, options and defaults."""
    parts: list[str] = []
    for name, command in _leaves("ticker", get_command(app)):
        context = command.context_class(command, info_name=name)
        usage = " ".join(command.collect_usage_pieces(context))
        parts.append(f"## {name}\n\n    {name} {usage}\n\n{_prose(command.help)}\n")
        rows = [_parameter(parameter.get_help_record(context)) for parameter in command.params]
        parts.append(
            _table(("argument or option", "meaning", "default, bounds"), filter(None, rows))
        )
    return "\n".join(parts)


def http_api(described: Mapping[str, Any]) -> str:
    """Return the page of all addresses, grouped as ``/openapi.json`` groups them."""
    parts: list[str] = []
    for tag in described["tags"]:
        rows = [
            (f"`{method.upper()} {path}`", operation["summary"])
            for path, methods in described["paths"].items()
            for method, operation in methods.items()
            if tag["name"] in operation["tags"]
        ]
        if rows:
            parts.append(f"## {tag['name']}\n\n{tag['description']}\n")
            parts.append(_table(("request", "what it does"), rows))
    return "\n".join(parts)


def problem_types() -> str:
    """Return the page of all problem types, by status."""
    parts: list[str] = []
    for error in problem_documents.ALL:
        again = "may succeed later" if error.temporary else "fails again unless it is changed"
        parts.append(
            f"## {error.slug}\n\n{error.status}: {error.title}.\n\n{_prose(error.__doc__)}\n\n"
            f"The same request {again}.\n"
        )
    for title, sentences in (
        ("Codes of fields", FIELDS),
        ("Codes of refusals", REFUSALS),
        ("Codes of feeds that cannot be read", FEEDS),
        ("Codes of warnings", {code[8:]: text for code, text in WARNINGS.items()}),
    ):
        rows = [(f"`{code}`", text.replace(":,}", "}")) for code, text in sentences.items()]
        parts.append(f"## {title}\n\n{_table(('code', 'English text'), rows)}")
    return "\n".join(parts)


def closing() -> str:
    """Return the page of all close codes."""
    texts = docstrings(inspect.getsource(close_codes), "CloseCode")
    rows = [
        (
            str(code.value),
            f"`{code.name}`",
            texts[code.name],
            "reconnects" if code.come_back else "stops",
        )
        for code in close_codes.CloseCode
    ]
    return _table(("code", "name", "meaning", "the client"), rows)


def metrics() -> str:
    """Return the page of all metrics: those of a server, of all workers and of a supervisor."""
    families = {family.name: family for family in asyncio.run(_families())}
    rows = [
        (f"`{name}`", family.kind, ", ".join(f"`{label}`" for label in family.labels), family.help)
        for name, family in sorted(families.items())
    ]
    return _table(("metric", "type", "labels", "meaning"), rows)


async def _families() -> list[Family]:
    optional = {
        "archive_url": "sqlite:/nowhere",
        "media_url": "file:/nowhere",
        "reader_token_editions": ["*"],
        "reader_token_keys_url": "https://news.example/keys",
    }
    settings = Settings.model_validate(optional)  # each part that counts only if it is in use
    poller = MetricsPoller(Busy(), 1, 1)
    await poller.refresh()
    web = create_app(settings).metrics_sources
    gateway = next(source for source in web if isinstance(source, Gateway))
    parts: list[MetricsSource] = [
        *web,
        Accepting(gateway, lambda: asyncio.start_server(lambda reader, writer: None)),
        poller,
        WebProcess("", time.monotonic, lambda seconds: asyncio.Protocol()),
        StreamTasks(settings),
        ArchiveTasks(settings),
        DeliveryTasks(settings),
        JobMetrics(),
    ]
    found = [family for part in parts for family in part.metrics()]
    facts = dict.fromkeys([*GAUGES, *COUNTERS, *STATES, "aof_enabled", "redis_version"], "0")
    found += redis_families(facts, {}, 0, 0)
    return [build_info("server"), *supervisor_families({}, {}), *found]


def docstrings(source: str, name: str) -> dict[str, str]:
    """Return the docstring below each assignment of the class ``name``, on one line."""
    found: dict[str, str] = {}
    for node, after in pairwise(_class(source, name).body):
        target: ast.expr | None = None
        if isinstance(node, ast.AnnAssign):
            target = node.target
        elif isinstance(node, ast.Assign):
            target = node.targets[0]
        text = after.value if isinstance(after, ast.Expr) else None
        if isinstance(target, ast.Name) and isinstance(text, ast.Constant):
            found[target.id] = _prose(str(text.value))
    return found


def _class(source: str, name: str) -> ast.ClassDef:
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return node
    raise LookupError(name)


def _default(name: str) -> str:
    value = Settings.model_fields[name].default
    if value is None or value in ("", ()):
        return ""
    if isinstance(value, dict | tuple):
        return ", ".join(f"`{entry}`" for entry in value)
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _leaves(name: str, command: object) -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(command, TyperGroup):
        for each, below in command.commands.items():
            if not below.hidden:
                yield from _leaves(f"{name} {each}", below)
    elif isinstance(command, TyperCommand):
        yield name, command


def _parameter(record: tuple[str, str] | None) -> tuple[str, str, str] | None:
    """Return a row for what ``--help`` says of a parameter; None for a hidden one."""
    if record is None:
        return None
    names, text = record
    found = re.fullmatch(r"(.*?)(?:\s*\[((?:default|required|[\d.]+<|x).*)\])?", text, re.DOTALL)
    assert found is not None
    return f"`{names}`", found[1], (found[2] or "").removeprefix("default: ")


async def _ask(*paths: str) -> dict[str, str]:
    """Return what a server that has just been made answers at ``paths``, in this order."""
    transport = httpx.ASGITransport(create_app(Settings()))
    async with httpx.AsyncClient(transport=transport, base_url="http://ticker") as client:
        return {path: (await client.get(path)).text for path in paths}


def _prose(text: str | None) -> str:
    """Return a docstring as Markdown: paragraphs of one line, code in single backticks."""
    paragraphs = inspect.cleandoc(text or "").replace("``", "`").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _first_sentence(path: Path) -> str:
    """Return the first paragraph of a module's docstring, in one line."""
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return _prose(text.partition("\n\n")[0])


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [tuple(head)]
    lines += [tuple("-" * 3 for _ in lines[0])]
    lines += [tuple(cell.replace("|", "\\|") for cell in row) for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) if len(lines) > 2 else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
