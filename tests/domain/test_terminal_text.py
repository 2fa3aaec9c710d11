"""Foreign text for a terminal."""

from __future__ import annotations

import orjson
import pytest

from ticker.domain.terminal_text import escaped_json, inline, printable

ALL = "".join(map(chr, (*range(0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F))))


def test_what_a_terminal_obeys_is_replaced() -> None:
    assert printable("a\x1b[31mb\x9b0mc\u202ed\u2066e") == "a�[31mb�0mc�d�e"
    assert set(printable(ALL)) == {"�", "\t", "\n"}
    assert printable("\ud800\udcff") == "��"


@pytest.mark.parametrize("text", ["Café", "می‌خواهم", "\u200fA\u200e B", "👩🏽‍🚀", "a\n\tb"])
def test_text_of_every_language_passes(text: str) -> None:
    assert printable(text) == text


def test_one_line_stays_one_line() -> None:
    assert inline("a\r\n\tb\u2028c") == "a b�c"
    assert inline("\u2067a\u2069", isolates=True) == "\u2067a\u2069"
    assert inline("\u2067a\u2069") == "�a�"


def test_json_means_the_same() -> None:
    document = {ALL: [ALL, "é\u2069"]}
    escaped = escaped_json(orjson.dumps(document))
    assert orjson.loads(escaped) == document
    assert printable(escaped.decode()) == escaped.decode()
    assert escaped_json(b'{"a":1}') == b'{"a":1}'
