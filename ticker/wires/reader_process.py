"""The process that reads one feed: ``python -m ticker.wires.reader_process``.

Its input is the length of a JSON document (four bytes, big-endian), the document, and the feed as
it was received. Its output is JSON in lines: what holds for the whole feed, and then each entry.
Before it reads anything it lowers its limits; its parent has left it no secrets in its environment.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ticker.runtime.process_limits import limit

if TYPE_CHECKING:
    from ticker.domain.messages import Message

MEMORY_MAX = 1_024 * 2**20
"""Bytes of address space: a feed of 4 MB as a tree, and the libraries."""
CPU_SECONDS = 15
ENTRIES_MAX = 2_000
"""Entries of an answer, and refused ones: the worker looks at each. Of a longer feed the newest are
read."""


def answer(data: bytes) -> dict[str, Any]:
    """Return the document to write for an input."""
    # Imported within the limits: parsers are what may be attacked.
    import orjson

    from ticker.domain.messages import message_of, said
    from ticker.domain.taxonomy import Edition, Taxonomy
    from ticker.imports.drafts import Defaults, Unreadable
    from ticker.imports.formats import read

    end = 4 + int.from_bytes(data[:4], "big")
    head = orjson.loads(data[4:end])
    known = head["taxonomy"]
    editions = {name: Edition(**one) for name, one in known["editions"].items()}
    taxonomy = Taxonomy(editions, tuple(known["sections"]), tuple(known["regions"]))
    given: dict[str, Any] = head["defaults"]
    given |= {name: tuple(given[name]) for name in ("sections", "regions", "tags")}
    defaults = Defaults(**given)
    try:
        parsed = read(
            data[end:], defaults, taxonomy=taxonomy, url=head["url"], charset=head["charset"]
        )
    except Unreadable as error:
        return {"unreadable": _told(message_of(error))}
    except (MemoryError, RecursionError):
        return {"unreadable": _told(said("feed-memory"))}
    return {
        "format": parsed.format,
        "entries": parsed.entries[-ENTRIES_MAX:],  # they are in the order of publication
        "rejected": parsed.rejected[:ENTRIES_MAX],
        "skipped": parsed.skipped[:ENTRIES_MAX],
        "notes": parsed.notes[:ENTRIES_MAX],
    }


def _told(message: Message) -> dict[str, Any]:
    return {"text": str(message), "code": message.code, "params": dict(message.params)}


def main() -> None:
    """Answer one request."""
    limit(memory=MEMORY_MAX, cpu_seconds=CPU_SECONDS)
    import orjson

    found = answer(sys.stdin.buffer.read())
    for line in (found, *found.pop("entries", ())):
        sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
