"""Settings from the environment and from a file, and what is wrong with them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ticker.config.load import load_from
from ticker.domain.environment_names import InvalidSettings

NONE = {"TICKER_CONFIG": os.devnull}


def problems(environment: dict[str, str], file: Path | None = None) -> list[str]:
    with pytest.raises(InvalidSettings) as raised:
        load_from(environment, file)
    return raised.value.problems


def test_the_environment_is_over_the_file_and_each_value_has_its_source(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text("port = 81\nhost = '::1'\n\n[editions.fr]\nlanguage = 'fr'\n")
    loaded = load_from({"TICKER_CONFIG": str(file), "TICKER_PORT": "82", "PATH": "/bin"})
    assert (loaded.settings.port, loaded.settings.host) == (82, "::1")
    assert list(loaded.settings.editions) == ["fr"]
    assert loaded.settings.model_fields_set == {"port", "host", "editions"}
    sources = {name: str(loaded.sources.source((name,))) for name in ("port", "host", "replicas")}
    assert sources == {"port": "TICKER_PORT", "host": f"{file} line 2", "replicas": "default"}


def test_lists_are_json_in_the_environment() -> None:
    loaded = load_from(NONE | {"TICKER_SECTIONS": '["city", "port"]'})
    assert loaded.settings.sections == ("city", "port")
    assert problems(NONE | {"TICKER_SECTIONS": "city,port"}) == [
        'TICKER_SECTIONS must be JSON: a list, such as ["a", "b"]'
    ]


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        (
            "TICKER_REDS_URL",
            "x",
            "TICKER_REDS_URL is an unknown name (did you mean TICKER_REDIS_URL?)",
        ),
        ("TICKER_ULR", "x", "TICKER_ULR is an unknown name (did you mean TICKER_URL?)"),
        ("TICKER_FOO_BAR_QUX", "x", "TICKER_FOO_BAR_QUX is an unknown name"),
        ("ticker_port", "81", "ticker_port must be written TICKER_PORT"),
        ("TICKER_PORT", "many", "TICKER_PORT must be a whole number"),
        ("TICKER_PORT", "99999", "TICKER_PORT must be at most 65,535"),
        ("TICKER_PORT", " ", "TICKER_PORT must be a whole number"),
        (
            "TICKER_LOG_LEVEL",
            "inf",
            "TICKER_LOG_LEVEL must be 'debug', 'info', 'warning' or 'error' (did you mean info?)",
        ),
        (
            "TICKER_DURABILITY",
            "fsyn",
            "TICKER_DURABILITY must be 'local', 'fsync' or 'replicated' (did you mean fsync?)",
        ),
        (
            "TICKER_SECTIONS",
            '["a", "b,c"]',
            "TICKER_SECTIONS entry 2 must be 1 to 64 letters, digits, '.', '_' or '-'",
        ),
        ("TICKER_SITE_NAME", "a\udcff", "TICKER_SITE_NAME is not valid UTF-8"),
        ("TICKER_CONFIG", "/no/ticker.toml", "TICKER_CONFIG: there is no file /no/ticker.toml"),
    ],
)
def test_a_wrong_variable_is_named_with_the_nearest_name(
    name: str, value: str, problem: str
) -> None:
    assert problems(NONE | {name: value}) == [problem]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            b"item_tll = 5\n",
            ["{file} line 1: item_tll is an unknown setting (did you mean item_ttl?)"],
        ),
        (b"\nport = 'x'\n", ["{file} line 2: port must be a whole number"]),
        (
            b"[editions.en]\nlanguage = 'en'\nlable = 'x'\n",
            ["{file} line 3: editions.en.lable is an unknown field (did you mean label?)"],
        ),
        (b"[editions.en]\nlabel = 'x'\n", ["{file} line 1: editions.en.language is required"]),
        (
            b"[editions.en]\nlanguage = 'jp'\n",
            ["{file} line 2: editions.en.language must be a language, not jp (did you mean ja?)"],
        ),
        (b"sections = [\n 'a',\n 5]\n", ["{file} line 1: sections entry 2 must be text"]),
        (b"port = 1\nhost = '\xff'\n", ["{file} line 2: not valid UTF-8"]),
        (
            b"port 1\n",
            [
                "{file} is not valid TOML: Expected '=' after a key in a key/value pair "
                "(at line 1, column 6)"
            ],
        ),
        (
            b"replay_window = 100\nlane_events_max = 50\n",
            ["lane_events_max must be at least replay_window, or a restart shortens the replay"],
        ),
    ],
)
def test_a_wrong_line_of_the_file_is_named(
    text: bytes, expected: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "ticker.toml"
    file.write_bytes(text)
    assert problems({}, file) == [one.format(file=file) for one in expected]


def test_a_missing_file_is_named_with_the_one_beside_it(tmp_path: Path) -> None:
    (tmp_path / "ticker.toml").write_text("")
    wrong = tmp_path / "tickr.toml"
    assert problems({"TICKER_CONFIG": str(wrong)}) == [
        f"TICKER_CONFIG: there is no file {wrong} (did you mean ticker.toml?)"
    ]


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "ticker.toml"
    file.write_text("prot = 1\nreplicas = 99\n")
    found = problems({"TICKER_HOTS": "x", "TICKER_CONFIG": str(file), "TICKER_PORT": "x"})
    assert [one.partition(" ")[0] for one in found] == [
        str(file),
        "TICKER_HOTS",
        str(file),
        "TICKER_PORT",
    ]
