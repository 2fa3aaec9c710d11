"""Names in an operator's own taxonomy."""

from __future__ import annotations

from typing import Any

import pytest

from ticker.config import Settings
from ticker.config.fields import InvalidFields

EN = {"language": "en"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"editions": {"a,b": EN}},
        {"editions": {"": EN}},
        {"editions": {'a"b': EN}},
        {"editions": {"..": EN}},
        {"editions": {"en": {"language": "العربية"}}},
        {"editions": {"en": {"language": "en\r\nx: y"}}},
        {"sections": ["a/b"]},
        {"sections": ["a,b"]},
        {"regions": ["x" * 65]},
        {"regions": [" asia"]},
    ],
)
def test_a_name_that_is_invalid_in_addresses_or_headers_is_refused(
    wrong: dict[str, Any],
) -> None:
    # The server started, and then every page of the edition was a 500, or of the section a 404.
    with pytest.raises(InvalidFields):
        Settings(**wrong)


def test_names_of_any_script_are_names() -> None:
    editions = {"pt-br": {"language": "pt-BR"}, "v1": EN, "عربي": {"language": "ar-EG"}}
    sections, regions = ("سياسة", "arts-culture"), ("2026.b_c",)
    settings = Settings.model_validate(
        {"editions": editions, "sections": sections, "regions": regions}
    )
    assert {"pt-br", "v1", "عربي"} <= settings.taxonomy.editions.keys()
