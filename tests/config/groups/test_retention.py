"""Settings of the archive and of the lane."""

from __future__ import annotations

import os

import pytest

from ticker.config import Settings
from ticker.config.fields import InvalidFields
from ticker.config.load import load_from


def test_the_path_of_an_archive_may_have_spaces_and_letters_of_any_script() -> None:
    url = "sqlite:/home/the news of Orléans/archive.sqlite3"
    found = load_from({"TICKER_ARCHIVE_URL": url, "TICKER_CONFIG": os.devnull}).settings
    assert found.archive_url == url


def test_a_lane_that_is_shorter_than_the_window_is_refused() -> None:
    with pytest.raises(InvalidFields, match="lane_events_max must be at least replay_window"):
        Settings(replay_window=100, lane_events_max=50)
