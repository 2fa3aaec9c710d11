"""Names in the environment that are no settings."""

from __future__ import annotations

from ticker.config import Settings
from ticker.domain.environment_names import OTHER_NAMES, PREFIX, not_of_commands


def test_settings_and_mistakes_remain() -> None:
    names = {"TICKER_PORT": "1", "TICKER_ULR": "x", "TICKER_URL": "x", "PATH": "x", "ticker_a": ""}
    assert not_of_commands(names) == ["TICKER_PORT", "TICKER_ULR", "ticker_a"]


def test_no_other_name_is_one_of_a_setting() -> None:
    settings = {PREFIX + name.upper() for name in Settings.model_fields}
    assert not settings & set(OTHER_NAMES)
