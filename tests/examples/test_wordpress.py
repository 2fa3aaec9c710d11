"""The WordPress plugin, as far as it needs no WordPress; ./scripts/wordpress does the rest."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "examples" / "wordpress" / "news-ticker"
SOURCES = {path.relative_to(PLUGIN).as_posix(): path.read_text() for path in PLUGIN.rglob("*.*")}
TRANSLATED = re.compile(r"""\b(?:esc_html)?__\(\s*(['"])(.*?)\1\s*,\s*['"]news-ticker['"]""")
ADDRESS = re.compile(r"https?://[a-z.-]+\b")


def attributes() -> set[str]:
    """Return the attributes of the element that the plugin takes."""
    php = SOURCES["includes/attributes.php"]
    return set(re.findall(r"^\t'([a-z-]+)' +=> (?:'/|array\()", php, re.MULTILINE))


def test_it_takes_every_attribute_of_the_element_but_the_server() -> None:
    options = (ROOT / "ticker/web/frameworks/options.js").read_text()
    table = options.partition("ATTRIBUTES")[2].partition("});")[0]
    element = set(re.findall(r'\w+: "([a-z-]+)"', table))
    assert len(element) > 10
    assert attributes() | {"server", "count", "dismissible"} == element


def test_the_block_offers_attributes_that_are_rendered() -> None:
    block = json.loads(SOURCES["block.json"])
    assert set(block["attributes"]) <= attributes() | {"count", "dismissible"}
    for name in ("layout", "theme", "level"):
        offered = set(block["attributes"][name]["enum"]) - {""}
        assert {f"'{value}'" for value in offered} <= set(
            re.findall(r"'[a-z]+'", SOURCES["includes/attributes.php"])
        )


def test_every_text_can_be_translated() -> None:
    used = {text for source in SOURCES.values() for _, text in TRANSLATED.findall(source)}
    template = set(
        re.findall(r'^msgid "(.+)"$', SOURCES["languages/news-ticker.pot"], re.MULTILINE)
    )
    block = json.loads(SOURCES["block.json"])
    assert len(used) > 20
    assert used | {block["title"], block["description"], *block["keywords"]} <= template


def test_it_names_no_host_to_connect_to() -> None:
    found = {address for source in SOURCES.values() for address in ADDRESS.findall(source)}
    assert found == {"https://news.example", "https://schemas.wp.org"}
