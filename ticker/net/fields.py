"""Header blocks of answers, read without a dynamic table (RFC 7541).

We announce SETTINGS_HEADER_TABLE_SIZE 0, so the meaning of a block depends on nothing but its bytes
and equal blocks are read once. Those that are new each time (``apns-id``, ``date``) cost less than
half of what ``hpack``'s decoder takes: fields that were seen before are remembered, and the others
decoded a byte at a time, not half of one. The tables are hpack's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hpack.table import HeaderTable

from ticker.net.frames import COMPRESSION_ERROR, Fault
from ticker.net.header_block import Field, joined

BLOCK_MAX = 32 * 1024
"""Bytes of a header block."""
FIELDS_MAX = 256
"""Headers of an answer. What is longer ends the connection."""
REMEMBERED = 512
"""Blocks whose meaning is kept, and fields."""
SHORT = 512
"""Bytes of a block, or of a field, that is worth keeping."""

Answer: TypeAlias = tuple[int, Mapping[bytes, bytes]]


class Malformed(Exception):
    """A block that is readable and not the beginning of an answer: its stream ends (§8.1.1)."""


def answer(block: bytes) -> Answer:
    """Return status and headers. Raises Malformed, and Fault if the block cannot be read."""
    return _remembered(block) if len(block) <= SHORT else _answer(block)


def _answer(block: bytes) -> Answer:
    fields = read(block)
    if not fields or fields[0][0] != b":status":
        raise Malformed("an answer without a status")
    status = fields[0][1]
    if len(status) != 3 or not status.isdigit():
        raise Malformed(f"not a status: {status[:20]!r}")
    headers = joined(fields[1:])
    if any(name[:1] == b":" for name in headers):
        raise Malformed("a second status, or something else that no answer has")
    return int(status), headers


_remembered = lru_cache(maxsize=REMEMBERED)(_answer)


def read(block: bytes) -> list[Field]:
    """Return the fields of a block in their order. Raises Fault(COMPRESSION_ERROR)."""
    fields: list[Field] = []
    position, end = 0, len(block)
    try:
        while position < end:
            first = block[position]
            if first & 0x80:
                index, position = _integer(block, position, 0x7F)
                fields.append(_entry(index))
            elif first & 0xE0 == 0x20:
                size, position = _integer(block, position, 0x1F)
                if size or fields:
                    raise _unreadable("a table that was not allowed")
            else:  # entering the table is not refused, but nothing stays in one of size 0 (§4.4)
                begin, position = position, _behind(block, position)
                if position > end:
                    raise _unreadable("a string that ends too early")
                coded = block[begin:position]
                fields.append(_known(coded) if len(coded) <= SHORT else _literal(coded))
            if len(fields) > FIELDS_MAX:
                raise _unreadable("too many headers")
    except IndexError:
        raise _unreadable("a header block that ends too early") from None
    return fields


def _unreadable(why: str) -> Fault:
    return Fault(COMPRESSION_ERROR, why)


def _entry(index: int) -> Field:
    if not 0 < index <= len(_STATIC):
        raise _unreadable(f"no entry {index}")
    return _STATIC[index - 1]


def _integer(block: bytes, position: int, mask: int) -> tuple[int, int]:
    """Return a number and the position behind it (RFC 7541 §5.1)."""
    value = block[position] & mask
    position += 1
    if value < mask:
        return value, position
    for shift in range(0, 28, 7):
        octet = block[position]
        position += 1
        value += (octet & 0x7F) << shift
        if not octet & 0x80:
            return value, position
    raise _unreadable("a number too large")


def _behind(block: bytes, position: int) -> int:
    """Return where the literal field ends that begins at ``position`` (RFC 7541 §6.2)."""
    index, position = _integer(block, position, 0x3F if block[position] & 0x40 else 0x0F)
    for _ in range(1 if index else 2):
        size = block[position] & 0x7F
        if size < 0x7F:
            position += 1 + size
        else:
            size, position = _integer(block, position, 0x7F)
            position += size
    return position


def _literal(coded: bytes) -> Field:
    """Return the one field of these bytes, which are complete."""
    index, position = _integer(coded, 0, 0x3F if coded[0] & 0x40 else 0x0F)
    if index:
        name = _entry(index)[0]
    else:
        name, position = _string(coded, position)
    value, _ = _string(coded, position)
    return name, value


_known = lru_cache(maxsize=REMEMBERED)(_literal)


def _string(coded: bytes, position: int) -> tuple[bytes, int]:
    size, begin = _integer(coded, position, 0x7F)
    text = coded[begin : begin + size]
    return (huffman(text) if coded[position] & 0x80 else text), begin + size


def huffman(coded: bytes) -> bytes:
    """Return the decoded string (RFC 7541 §5.2). Raises Fault."""
    out: list[bytes] = []
    node = 0
    for octet in coded:
        key = node << 8 | octet
        step = _steps.get(key) or _learn(key)
        node = step[0]
        out.append(step[1])
    if node not in _ENDS:
        raise _unreadable("a Huffman code that is not complete")
    return b"".join(out)


def _learn(key: int) -> tuple[int, bytes]:
    """Return the node after one more byte, and what it completed; from now on it is known.

    There are 257 nodes of 256 bytes each; what real headers use is a few hundred of them.
    """
    node, octet = key >> 8, key & 0xFF
    done = b""
    for bit in range(7, -1, -1):
        following = _TREE[node][octet >> bit & 1]
        if following < 0:
            if following == -_EOS - 1:
                raise _unreadable("the end of strings in a string")
            done += bytes((-following - 1,))
            following = 0
        node = following
    _steps[key] = node, done
    return node, done


def _tree() -> tuple[list[list[int]], frozenset[int]]:
    """Return each node's two followers (a symbol s as -s-1), and the nodes where a string may end.

    The root is 0. A string ends at the root, or behind up to seven bits of padding, all ones.
    """
    tree = [[0, 0]]
    for symbol, (code, size) in enumerate(zip(REQUEST_CODES, REQUEST_CODES_LENGTH, strict=True)):
        node = 0
        for bit in range(size - 1, 0, -1):
            side = code >> bit & 1
            if not tree[node][side]:
                tree.append([0, 0])
                tree[node][side] = len(tree) - 1
            node = tree[node][side]
        tree[node][code & 1] = -symbol - 1
    ends, node = [0], 0
    for _ in range(7):
        node = tree[node][1]
        ends.append(node)
    return tree, frozenset(ends)


_EOS = 256
_STATIC: tuple[Field, ...] = tuple((bytes(n), bytes(v)) for n, v in HeaderTable.STATIC_TABLE)
_TREE, _ENDS = _tree()
_steps: dict[int, tuple[int, bytes]] = {}
