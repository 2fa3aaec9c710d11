"""The process that decodes one picture: ``python -m ticker.media.renderer_process``.

It reads the file from its standard input and writes the answer to its standard output: the length
of a JSON document (four bytes, big-endian), the document, and the renditions one behind the other.
Before it reads anything, it gives up what it does not need: memory, CPU time, open files, rights to
write and to start processes. Its parent has left it no secrets in its environment.
"""

from __future__ import annotations

import sys
from typing import Any

from ticker.domain.messages import Message, coded, message_of, said
from ticker.runtime.process_limits import limit

MEMORY_MAX = 1_536 * 1_048_576
"""Bytes of address space: a picture of ``PIXELS_MAX``, a copy of it, and the libraries."""
CPU_SECONDS = 40


def answer(data: bytes, texts_only: bool) -> tuple[dict[str, Any], list[bytes]]:
    """Return the document for ``data``, and the renditions in its order."""
    # Imported within the limits: decoders are what may be attacked.
    from ticker.media.accepted import NotAccepted
    from ticker.media.drawing import draw

    try:
        drawn = draw(data, texts_only=texts_only)
    except NotAccepted as error:
        return _refused(message_of(error)), []
    except MemoryError:
        return _refused(said("picture-memory")), []
    document = {
        "width": drawn.width,
        "height": drawn.height,
        "widths": drawn.widths,
        "formats": drawn.formats,
        "color": drawn.color,
        "suggested": drawn.suggested,
        "files": {name: len(content) for name, content in drawn.files.items()},
    }
    return document, list(drawn.files.values())


def _refused(told: Message) -> dict[str, Any]:
    return {"refused": told, **coded(told)}


def main() -> None:
    """Answer one request."""
    limit(memory=MEMORY_MAX, cpu_seconds=CPU_SECONDS)
    import orjson

    document, files = answer(sys.stdin.buffer.read(), sys.argv[1:] == ["texts"])
    body = orjson.dumps(document)
    out = sys.stdout.buffer
    out.write(len(body).to_bytes(4, "big"))
    out.write(body)
    for content in files:
        out.write(content)
    out.flush()


if __name__ == "__main__":
    main()
