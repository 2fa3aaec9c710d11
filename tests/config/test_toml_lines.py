"""Lines of keys in a TOML document."""

from __future__ import annotations

import tomllib

from ticker.config.toml_lines import key_lines

TEXT = '''# port = 1
port = 8000
sections = [
  "a", # regions = 3
  "host = 4",
]
site_name = """
host = "5"
"""
"quoted" = 1
a.b = """
x = 2"""

[editions.en]
language = "en"
inline = { dir = "ltr" }

  [ editions . "pt-br" ]
language = 'pt'
'''


def test_every_key_has_its_line() -> None:
    tomllib.loads(TEXT)
    assert key_lines(TEXT) == {
        ("port",): 2,
        ("sections",): 3,
        ("site_name",): 7,
        ("quoted",): 10,
        ("a", "b"): 11,
        ("editions", "en"): 14,
        ("editions", "en", "language"): 15,
        ("editions", "en", "inline"): 16,
        ("editions", "pt-br"): 18,
        ("editions", "pt-br", "language"): 19,
    }
