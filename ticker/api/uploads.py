"""Read an uploaded file: the body itself, or one part of a form (``multipart/form-data``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from ticker.api.bodies import read_body
from ticker.domain.errors import BadRequest, FieldError, Invalid
from ticker.domain.messages import said

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FORM = "multipart/form-data"
FIELD_MAX = 8_192
"""Bytes of a field that is not the file."""
PARTS_MAX = 8
HEADER_MAX = 4_096
OVERHEAD = 65_536
"""Bytes that a form may have besides its file."""


@dataclass(slots=True)
class Upload:
    """An uploaded file, and the texts that came with it."""

    content: bytes
    type: str
    """The media type that the client declared, '' for none."""
    fields: dict[str, str] = field(default_factory=dict)


async def read_upload(request: Request, limit: int) -> Upload:
    """Return the file in the body, of at most ``limit`` bytes.

    Raises TooLarge, BadRequest for a form that cannot be read, Invalid for one without a file.
    """
    sent = request.headers.get("content-type", "")
    if sent.partition(";")[0].strip().lower() != FORM:
        return Upload(await read_body(request, limit), sent)
    _, options = parse_options_header(sent)
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= 70:  # RFC 2046 §5.1.1
        raise BadRequest("the form has no boundary in its Content-Type")
    form = _Form()
    try:
        parser = MultipartParser(boundary, form.callbacks())
        parser.write(await read_body(request, limit + OVERHEAD))
        parser.finalize()
    except FormParserError as error:
        raise BadRequest(f"the form cannot be read: {error}") from None
    if form.file is None:
        raise Invalid([FieldError("file", said("file-required"))])
    return Upload(bytes(form.file), form.type, form.fields)


class _Form:
    """Collects the parts of a form. The first part with a file name is the file."""

    def __init__(self) -> None:
        self.file: bytearray | None = None
        self.type = ""
        self.fields: dict[str, str] = {}
        self._parts = 0
        self._headers: dict[bytes, bytes] = {}
        self._name = self._value = b""
        self._body = bytearray()
        self._is_file = False
        self._field = ""

    def callbacks(self) -> MultipartCallbacks:
        """Return what the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data,
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > PARTS_MAX:
            raise BadRequest(f"the form has more than {PARTS_MAX} parts")
        self._headers, self._body = {}, bytearray()
        self._name = self._value = b""

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name = _bounded(self._name + data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value = _bounded(self._value + data[start:end])

    def _header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._is_file = b"filename" in options and self.file is None
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        if self._is_file:
            self.type = self._headers.get(b"content-type", b"").decode("latin-1")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if not self._is_file and len(self._body) + end - start > FIELD_MAX:
            raise BadRequest(f"a field of the form is larger than {FIELD_MAX:,} bytes")
        self._body += data[start:end]

    def _end(self) -> None:
        if self._is_file:
            self.file = self._body
        elif self._field not in self.fields:
            try:
                self.fields[self._field] = self._body.decode()
            except UnicodeDecodeError:
                raise BadRequest("a field of the form is not in UTF-8") from None


def _bounded(data: bytes) -> bytes:
    if len(data) > HEADER_MAX:
        raise BadRequest(f"a header of the form is larger than {HEADER_MAX:,} bytes")
    return data
