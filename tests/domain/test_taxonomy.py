"""The names that an item and a filter may use."""

from __future__ import annotations

import pytest

from ticker.domain.taxonomy import DEFAULT_EDITIONS, Edition, Taxonomy


@pytest.mark.parametrize(
    ("facet", "values"),
    [("edition", ["en", "ar"]), ("section", ["sports"]), ("region", ["mena"]), ("region", [])],
)
def test_known_values_pass(facet: str, values: list[str]) -> None:
    assert Taxonomy().unknown(facet, values) is None


def test_unknown_values_are_named_with_the_known_ones() -> None:
    own = Taxonomy({"fr": Edition("fr")}, sections=("local",))
    assert own.unknown("edition", ["fr", "en"]) == "unknown edition 'en'; known: fr"
    assert own.unknown("section", ["sports"]) == "unknown section 'sports'; known: local"


def test_two_taxonomies_share_nothing() -> None:
    Taxonomy().editions["xx"] = Edition("xx")
    assert "xx" not in DEFAULT_EDITIONS
    assert "xx" not in Taxonomy().editions


def test_the_edition_of_a_language() -> None:
    taxonomy = Taxonomy({"pt": Edition("pt-PT"), "br": Edition("pt-BR"), "ar": Edition("ar")})
    assert taxonomy.edition_of("pt-BR") == "br"
    assert taxonomy.edition_of("pt") == "pt"
    assert taxonomy.edition_of("ar-EG") == "ar"
    assert taxonomy.edition_of("fr") is None
    assert taxonomy.edition_of(None) is None
