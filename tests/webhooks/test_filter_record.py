"""A filter survives the way to Redis and back."""

from __future__ import annotations

import orjson
import pytest

from ticker.domain.filter import Filter
from ticker.domain.item import Level
from ticker.webhooks.filter_record import filter_record, read_record


@pytest.mark.parametrize(
    "filter",
    [
        Filter(),
        Filter(editions=frozenset({"en", "ar"}), level=int(Level.urgent)),
        Filter(
            sections=frozenset({"health"}),
            regions=frozenset({"asia"}),
            tags=frozenset({"a b"}),
            stories=frozenset({"s-1"}),
        ),
    ],
)
def test_a_filter_is_kept_as_it_was(filter: Filter) -> None:
    assert read_record(orjson.loads(orjson.dumps(filter_record(filter)))) == filter
