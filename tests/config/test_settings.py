"""The groups of settings, and rules that concern several of them."""

from __future__ import annotations

from typing import Any

import pytest

from ticker.config import Settings
from ticker.config.fields import InvalidFields
from ticker.config.settings import GROUPS

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


def test_the_settings_are_those_of_the_groups_in_their_order() -> None:
    assert [*Settings.model_fields] == [name for group in GROUPS for name in group.model_fields]
    assert [group.__name__ for group in GROUPS] == [base.__name__ for base in Settings.__bases__]
