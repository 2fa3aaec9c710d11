"""Sources of settings, and the names that are left alone."""

from __future__ import annotations

import os
from pathlib import Path

from ticker.config.load import load_from
from ticker.config.settings import Settings
from ticker.config.sources import FILE_MAX, read, unknown_names
from ticker.domain.environment_names import PREFIX

NONE = {"TICKER_CONFIG": os.devnull}


def test_variables_of_kubernetes_and_of_commands_are_no_mistakes() -> None:
    load_from(
        NONE
        | {
            "TICKER_WEB_SERVICE_HOST": "10.0.0.1",
            "TICKER_WEB_SERVICE_PORT_HTTP": "8000",
            "TICKER_WEB_PORT": "tcp://10.0.0.1:8000",
            "TICKER_WEB_PORT_8000_TCP_ADDR": "10.0.0.1",
            "TICKER_URL": "http://127.0.0.1:8000",
            "TICKER_KEY": "tk_x",
        }
    )


def test_an_empty_variable_is_not_set() -> None:
    names = (PREFIX + name.upper() for name in Settings.model_fields)
    found = load_from(NONE | dict.fromkeys(names, ""))
    assert found.settings == load_from(NONE).settings
    assert not read({"TICKER_CONFIG": ""}).problems


def test_names_are_checked_without_their_values() -> None:
    assert unknown_names({"TICKER_PORT": "many", "TICKER_URL": "x"}) == []
    assert unknown_names({"TICKER_POTR": "1"}) == [
        "TICKER_POTR is an unknown name (did you mean TICKER_PORT?)"
    ]


def test_a_file_has_a_bound(tmp_path: Path) -> None:
    file = tmp_path / "large.toml"
    file.write_bytes(b"#" * (FILE_MAX + 1))
    assert read({}, file).problems == [f"{file} is larger than {FILE_MAX:,} bytes"]
