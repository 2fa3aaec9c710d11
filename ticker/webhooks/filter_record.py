"""A webhook's filter as the JSON object that Redis keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ticker.domain.filter import Filter
from ticker.domain.item import Level


def filter_record(filter: Filter) -> dict[str, Any]:
    """Return ``filter`` as a JSON object for ``read_record`` and ``filter_from_json``."""
    facets = {
        "edition": filter.editions,
        "section": filter.sections,
        "region": filter.regions,
        "tag": filter.tags,
        "story": filter.stories,
    }
    record: dict[str, Any] = {name: sorted(values) for name, values in facets.items() if values}
    if filter.level:
        record["level"] = Level(filter.level).name
    return record


def read_record(record: Mapping[str, Any]) -> Filter:
    """Return the filter in a record. The taxonomy, which may have changed, is not checked."""
    return Filter(
        frozenset(record.get("edition", ())),
        frozenset(record.get("section", ())),
        frozenset(record.get("region", ())),
        frozenset(record.get("tag", ())),
        Level[record["level"]] if "level" in record else 0,
        frozenset(record.get("story", ())),
    )
