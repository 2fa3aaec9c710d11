"""A client finds the newsroom and the key in the environment, or beside `ticker up`."""

from __future__ import annotations

from pathlib import Path

import pytest

from ticker.client.settings import DEFAULT_URL, client_settings


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TICKER_URL", "TICKER_KEY", "TICKER_KEY_FILE", "TICKER_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_any_setting() -> None:
    found = client_settings()
    assert (found.url, found.key) == (DEFAULT_URL, None)


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    without = client_settings()
    for name in ("TICKER_URL", "TICKER_KEY", "TICKER_KEY_FILE", "TICKER_DATA"):
        monkeypatch.setenv(name, "")
    assert client_settings() == without


def test_the_key_that_ticker_up_wrote(tmp_path: Path) -> None:
    (tmp_path / ".ticker").mkdir()
    (tmp_path / ".ticker" / "key").write_text("tk_written\n")
    assert client_settings().key == "tk_written"
    assert client_settings(tmp_path / "elsewhere").key is None


def test_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("tk_written")
    monkeypatch.setenv("TICKER_URL", "https://news.example/")
    monkeypatch.setenv("TICKER_DATA", str(tmp_path))
    assert client_settings().key == "tk_written"
    (tmp_path / "secret").write_text("tk_in_a_file\n")
    monkeypatch.setenv("TICKER_KEY_FILE", str(tmp_path / "secret"))
    assert client_settings().key == "tk_in_a_file"
    monkeypatch.setenv("TICKER_KEY", "tk_given")
    found = client_settings()
    assert (found.url, found.key) == ("https://news.example", "tk_given")
