"""Searches as parameters ask for them; tests/api/test_older_items.py asks a real archive."""

from __future__ import annotations

import pytest

from ticker.api.problem_documents import BadQuery
from ticker.api.search import query_in
from ticker.archive.query import Query, parse
from ticker.domain.taxonomy import Taxonomy

TAXONOMY = Taxonomy()


def asked(pairs: list[tuple[str, str]], **own: str) -> Query:
    return query_in(pairs, {name.rstrip("_"): [value] for name, value in own.items()}, TAXONOMY)


def test_parameters_stand_for_what_the_text_may_say() -> None:
    found = asked(
        [("edition", "en"), ("section", "politics")], q="flood", from_="2026-11", to="2026-11-28"
    )
    said = "flood edition:en section:politics from:2026-11 to:2026-11-28"
    assert found == parse(said, TAXONOMY)


def test_the_text_counts_first() -> None:
    found = asked([("edition", "en")], q="edition:es from:2026 flood", from_="2020", to="2027")
    assert found == parse("flood edition:es from:2026 to:2027", TAXONOMY)


@pytest.mark.parametrize(
    ("own", "field"),
    [({"q": "level:loud"}, "q"), ({"from_": "x"}, "from"), ({"to": "x"}, "to")],
)
def test_a_wrong_value_names_its_parameter(own: dict[str, str], field: str) -> None:
    with pytest.raises(BadQuery) as error:
        asked([], **own)
    assert error.value.field == field
