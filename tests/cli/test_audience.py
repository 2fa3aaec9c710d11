"""``ticker audience``: the counts as lines of text."""

from __future__ import annotations

from ticker.cli.audience import SHOWN_MAX, lines


def test_counts_by_facet() -> None:
    found = {
        "readers": 1_234,
        "gateways": 2,
        "editions": {"en": 1_200, "all": 34},
        "sections": {f"s{number}": 1 for number in range(SHOWN_MAX + 3)},
        "stories": {},
    }
    text = lines(found)
    assert text[0] == "1,234 readers, 2 gateways"
    assert text[2:5] == ["Editions", "     1,200  en", "        34  all"]
    assert text[-1].strip() == "and 3 more (--json)"
    assert "Stories" not in text
    assert lines(found | {"readers": 1, "gateways": 1})[0] == "1 reader, 1 gateway"
