"""``ticker config``."""

from __future__ import annotations

import json
import os
from pathlib import Path

from typer.testing import CliRunner

from ticker.cli.main import app

PASSWORD = "s3c:r@t"  # an address may have it in any form


def ticker(*arguments: str, **environment: str) -> tuple[int, str]:
    environment = {"TICKER_CONFIG": os.devnull, **environment}
    done = CliRunner().invoke(app, ("config", *arguments), env=environment)
    return done.exit_code, done.output


def test_check_says_what_is_wrong() -> None:
    assert ticker("check", TICKER_PORT="81") == (
        0,
        "✓ The settings are valid: 1 set in /dev/null and the environment, the others have their "
        "defaults.\n",
    )
    code, text = ticker("check", TICKER_PROT="81", TICKER_HOST="a")
    assert code == 2
    assert text == (
        "✗ Invalid settings: TICKER_PROT is an unknown name (did you mean TICKER_PORT?)\n"
    )

    for url in (f"redis://u:x/{PASSWORD}@a:1", f"redis://u:{PASSWORD}@a:port", "http://a"):
        code, text = ticker("check", TICKER_GATEWAY_REDIS_URL=url)
        assert code == 2
        assert text.startswith("✗ Invalid settings: TICKER_GATEWAY_REDIS_URL: ")
        assert PASSWORD not in text


def test_show_hides_passwords_and_names_sources(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("port = 81\n")
    addresses = {
        "TICKER_REDIS_URL": f"redis://user:{PASSWORD}@a:1/0",
        "TICKER_OTLP_URL": f"https://a/?token={PASSWORD}",
    }
    text = ""
    for as_json in ((), ("--json",)):
        code, text = ticker("show", str(file), "--set", *as_json, **addresses)
        assert code == 0
        assert PASSWORD not in text
        assert "s3c" not in text
    shown = {one["name"]: one for one in json.loads(text)}
    assert shown["redis_url"] == {
        "name": "redis_url",
        "value": "redis://user:***@a:1/0",
        "source": "TICKER_REDIS_URL",
        "variable": "TICKER_REDIS_URL",
        "file": None,
        "line": None,
    }
    assert (shown["port"]["source"], shown["port"]["line"]) == (f"{file} line 1", 1)
    assert set(shown) == {"redis_url", "otlp_url", "port"}


def test_show_has_every_setting() -> None:
    code, text = ticker("show")
    assert code == 0
    rows = [line.split("\t") for line in text.splitlines()]
    assert ["durability", "fsync", "default"] in rows
    assert ["editions", *rows[-3][1:]] == rows[-3]
