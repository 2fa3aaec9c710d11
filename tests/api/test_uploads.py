"""Forms with a file, as browsers send them and as nobody should."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from ticker.api.uploads import FIELD_MAX, OVERHEAD, PARTS_MAX, Upload, read_upload
from ticker.domain.errors import BadRequest, Invalid, TickerError, TooLarge

LINE = b"\r\n"


def part(name: str, content: bytes, filename: str | None = None, kind: str = "") -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"'
    if filename is not None:
        head += f'; filename="{filename}"'
    if kind:
        head += f"\r\nContent-Type: {kind}"
    return head.encode() + LINE + LINE + content


def form(*parts: bytes, end: bool = True) -> bytes:
    body = b"".join(b"--B\r\n" + one + LINE for one in parts)
    return body + (b"--B--\r\n" if end else b"")


async def read(body: bytes, kind: str = "multipart/form-data; boundary=B") -> Upload:
    pieces = [body[at : at + 777] for at in range(0, len(body), 777)] or [b""]
    messages = [{"type": "http.request", "body": one, "more_body": True} for one in pieces]
    messages[-1]["more_body"] = False

    async def receive() -> dict[str, object]:
        return messages.pop(0)

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode())]}
    return await read_upload(Request(scope, receive), 1_000)


async def test_the_body_or_the_first_file_of_a_form() -> None:
    assert await read(b"abc", "image/png") == Upload(b"abc", "image/png")
    found = await read(
        form(
            part("alt", "Fähre".encode()),
            part("file", b"\r\n--A\r\n", "a.jpg", "image/jpeg"),
            part("second", b"x", "b.jpg"),
            part("alt", b"again"),
        )
    )
    assert found.content == b"\r\n--A\r\n"
    assert found.type == "image/jpeg"
    assert found.fields == {"alt": "Fähre", "second": "x"}


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        (form(part("alt", b"x")), "multipart/form-data; boundary=B", Invalid),
        (form(part("alt", b"x")), "multipart/form-data", BadRequest),
        (form(part("alt", b"x")), "multipart/form-data; boundary=" + "B" * 71, BadRequest),
        (b"nonsense", "multipart/form-data; boundary=B", BadRequest),
        (
            form(part("a", b"\xff"), part("f", b"", "f")),
            "multipart/form-data; boundary=B",
            BadRequest,
        ),
        (form(part("a", b"x" * (FIELD_MAX + 1))), "multipart/form-data; boundary=B", BadRequest),
        (form(*[part("a", b"")] * (PARTS_MAX + 1)), "multipart/form-data; boundary=B", BadRequest),
        (form(part("a" * 5_000, b"")), "multipart/form-data; boundary=B", BadRequest),
        (b"x" * (1_001 + OVERHEAD), "multipart/form-data; boundary=B", TooLarge),
        (b"x" * 1_001, "image/png", TooLarge),
    ],
)
async def test_refused(body: bytes, kind: str, error: type[TickerError]) -> None:
    with pytest.raises(error):
        await read(body, kind)
