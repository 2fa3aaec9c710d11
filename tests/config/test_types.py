"""Addresses and names that no page can show."""

from __future__ import annotations

import os

import pytest

from ticker.config.load import load_from
from ticker.domain.environment_names import InvalidSettings


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
