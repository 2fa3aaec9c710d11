"""Names in an operator's own taxonomy."""

from __future__ import annotations

import os
from typing import Any

import pytest

from ticker.config import Settings
from ticker.config.fields import InvalidFields
from ticker.config.load import load_from
from ticker.domain.environment_names import InvalidSettings

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


def test_the_path_of_an_archive_may_have_spaces_and_letters_of_any_script() -> None:
    url = "sqlite:/home/the news of Orléans/archive.sqlite3"
    found = load_from({"TICKER_ARCHIVE_URL": url, "TICKER_CONFIG": os.devnull}).settings
    assert found.archive_url == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TICKER_ARCHIVE_URL", "sqlite:/a\nb"),
        ("TICKER_ARCHIVE_URL", "sqlite:"),
        ("TICKER_PUBLIC_URL", "https://["),
        ("TICKER_PUBLIC_URL", "https://user@news.example"),
        ("TICKER_FCM_URL", "https://a:99999"),
        ("TICKER_WEBSUB_HUBS", '["https://["]'),
        ("TICKER_SITE_NAME", "\u200b"),
    ],
)
def test_addresses_and_names_that_no_page_can_show_are_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidSettings, match=rf"^{name}( entry 1)? must "):
        load_from({name: value, "TICKER_CONFIG": os.devnull})


OPENID: dict[str, Any] = {
    "public_url": "https://news.example",
    "openid_issuer": "https://login.example",
    "openid_client_id": "ticker",
    "openid_roles": {"desk": "editor"},
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"public_url": ""}, "requires openid_client_id, openid_roles and public_url"),
        ({"openid_client_id": ""}, "requires openid_client_id"),
        ({"openid_roles": {}}, "requires openid_client_id, openid_roles"),
        ({"openid_roles": {"desk": "boss"}}, "openid_roles"),
        ({"openid_editions": {"desk": ["xx"]}}, "unknown edition: xx"),
        ({"openid_issuer": "login.example"}, "openid_issuer"),
        ({"openid_issuer": "https://"}, "openid_issuer"),
        ({"openid_scope": "profile"}, "openid_scope"),
    ],
)
def test_openid_settings_that_are_refused(change: dict[str, Any], message: str) -> None:
    found = Settings(**(OPENID | {"openid_editions": {"desk": ["ar", "*"]}}))
    assert (found.openid_roles, found.openid_editions) == (
        {"desk": "editor"},
        {"desk": ("ar", "*")},
    )
    with pytest.raises(InvalidFields, match=message):
        Settings(**(OPENID | change))
