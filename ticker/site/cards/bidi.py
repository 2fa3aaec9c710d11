"""The Unicode bidirectional algorithm (UAX #9) for one paragraph without explicit controls.

It returns levels, which shaping needs: python-bidi returns only text in visual order. Rule names
in comments are those of UAX #9.
"""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import bidirectional

_PAIRS = {"(": ")", "[": "]", "{": "}", "⟨": "⟩", "「": "」", "『": "』", "【": "】"}
_CLOSING = {close: open for open, close in _PAIRS.items()}
_PAIRS_MAX = 63
_NUMBERS = ("EN", "AN")
_NEUTRAL = frozenset({"B", "S", "WS", "ON"})


def levels(text: str, base: int) -> list[int]:
    """Return the level of each character; ``base`` is 0 for left to right, 1 for right to left."""
    embedding = "LR"[base]
    types = [bidirectional(char) or "L" for char in text]
    _weak(types, embedding)
    _brackets(text, types, embedding)
    _neutral(types, embedding)
    return [_level(base, type) for type in types]


def visual_runs(levels: Sequence[int]) -> list[tuple[int, int, bool]]:
    """Return ``(start, end, right to left)`` of each run of one line, from left to right."""
    runs: list[tuple[int, int, int]] = []
    for place, level in enumerate(levels):
        if runs and runs[-1][2] == level:
            runs[-1] = (runs[-1][0], place + 1, level)
        else:
            runs.append((place, place + 1, level))
    for level in range(max(levels, default=0), 0, -1):  # L2
        start = 0
        while start < len(runs):
            end = start
            while end < len(runs) and runs[end][2] >= level:
                end += 1
            runs[start:end] = runs[start:end][::-1]
            start = end + 1
    return [(start, end, level % 2 == 1) for start, end, level in runs]


def _weak(types: list[str], embedding: str) -> None:
    before = embedding
    for place, type in enumerate(types):  # W1; controls that only join take part like marks
        if type in ("NSM", "BN"):
            types[place] = before
        before = types[place]
    strong = embedding
    for place, type in enumerate(types):  # W2, W3
        if type in ("L", "R", "AL"):
            strong = type
        if type == "EN" and strong == "AL":
            types[place] = "AN"
        elif type == "AL":
            types[place] = "R"
    for place in range(1, len(types) - 1):  # W4
        around = types[place - 1]
        separates = types[place] == "CS" or (types[place] == "ES" and around == "EN")
        if separates and around in _NUMBERS and types[place + 1] == around:
            types[place] = around
    _spread(types, "ET", "EN")  # W5
    strong = embedding
    for place, type in enumerate(types):  # W6, W7
        if type in ("ES", "ET", "CS"):
            types[place] = "ON"
        elif type in ("L", "R"):
            strong = type
        elif type == "EN" and strong == "L":
            types[place] = "L"


def _spread(types: list[str], weak: str, strong: str) -> None:
    """Turn each sequence of ``weak`` next to ``strong`` into it."""
    for places in (range(1, len(types)), range(len(types) - 2, -1, -1)):
        step = places.step
        for place in places:
            if types[place] == weak and types[place - step] == strong:
                types[place] = strong


def _brackets(text: str, types: list[str], embedding: str) -> None:
    """Give both brackets of a pair one direction (N0)."""
    for start, end in sorted(_bracket_pairs(text, types)):
        inside = {_direction(type) for type in types[start + 1 : end]} - {""}
        if embedding in inside:
            types[start] = types[end] = embedding
        elif inside:
            before = next((d for t in reversed(types[:start]) if (d := _direction(t))), embedding)
            types[start] = types[end] = before


def _bracket_pairs(text: str, types: list[str]) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    open: list[int] = []
    for place, char in enumerate(text):
        if types[place] != "ON":
            continue
        if char in _PAIRS:
            if len(open) == _PAIRS_MAX:
                return pairs
            open.append(place)
        elif char in _CLOSING:
            for depth in range(len(open) - 1, -1, -1):
                if text[open[depth]] == _CLOSING[char]:
                    pairs.append((open[depth], place))
                    del open[depth:]
                    break
    return pairs


def _neutral(types: list[str], embedding: str) -> None:
    """Give neutral characters the direction around them, or the paragraph's (N1, N2)."""
    place = 0
    while place < len(types):
        end = place
        while end < len(types) and types[end] in _NEUTRAL:
            end += 1
        if end > place:
            before = _direction(types[place - 1]) if place else embedding
            after = _direction(types[end]) if end < len(types) else embedding
            types[place:end] = [before if before == after else embedding] * (end - place)
        place = end + 1


def _direction(type: str) -> str:
    if type in _NUMBERS:
        return "R"
    return type if type in ("L", "R") else ""


def _level(base: int, type: str) -> int:
    if base % 2:  # I2
        return base + (type != "R")
    return base + {"L": 0, "R": 1}.get(type, 2)  # I1
