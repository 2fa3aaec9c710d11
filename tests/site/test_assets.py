"""The style sheet: every part of it, at an address that may be cached for a year."""

from __future__ import annotations

import re

import pytest

from tests.support.newsroom import check_problem
from tests.support.pages import SitePages
from ticker.api.browser_bundles import PINNED_CACHE
from ticker.api.static_files import WEB
from ticker.site.assets import ARABIC, LATIN, STYLES


def test_every_part_of_the_style_sheet_is_used() -> None:
    files = [path.stem for path in (WEB / "site" / "styles").glob("*.css")]
    assert sorted(files) == sorted(STYLES)


async def test_a_page_links_to_its_style_sheet(site: SitePages) -> None:
    path = (await site.page("/en")).one("link", rel="stylesheet")["href"] or ""
    assert re.fullmatch(r"/assets/site-[0-9a-f]{12}\.css", path)
    style = await site.get(path)
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert style.headers["cache-control"] == PINNED_CACHE
    assert style.headers["content-encoding"] == "gzip"
    assert ".lead" in style.text
    assert "/*" not in style.text
    await site.get(path, 304, if_none_match=style.headers["etag"])


@pytest.mark.parametrize(
    ("path", "fonts"), [("/en", LATIN), ("/es/section/politics", LATIN), ("/ar", ARABIC)]
)
async def test_a_page_preloads_the_fonts_of_its_language(
    site: SitePages, path: str, fonts: tuple[str, ...]
) -> None:
    html = await site.page(path)
    links = html.all("link", rel="preload")
    style = (await site.get(html.one("link", rel="stylesheet")["href"] or "")).text
    for link, name in zip(links, fonts, strict=True):
        assert (link["as"], link["type"]) == ("font", "font/woff2")
        font = await site.get(link["href"] or "")
        assert font.content == (WEB / "fonts" / name).read_bytes()
        assert font.headers["content-type"] == "font/woff2"
        assert font.headers["cache-control"] == PINNED_CACHE
        assert "content-encoding" not in font.headers
        assert f'url("{link["href"]}")' in style


def test_each_font_has_its_licence_and_is_small() -> None:
    fonts = WEB / "fonts"
    assert len(list(fonts.glob("*.LICENSE.txt"))) == 4
    for path in fonts.glob("*.LICENSE.txt"):
        assert "SIL Open Font License" in path.read_text()
    for names in (LATIN, ARABIC):
        assert sum((fonts / name).stat().st_size for name in names) < 130_000


async def test_an_arabic_headline_has_the_digits_of_its_own_font(site: SitePages) -> None:
    """They came from another font, which a first visit may not have in time."""
    html = await site.page("/ar")
    style = (await site.get(html.one("link", rel="stylesheet")["href"] or "")).text
    for family in ("Noto Naskh Arabic", "IBM Plex Sans Arabic"):
        rules = re.findall(rf'font-family: "{family}";[^}}]*', style)
        assert any("U+0020-0040" in rule for rule in rules), family


async def test_a_display_has_the_fonts_of_the_site(site: SitePages) -> None:
    html = await site.page("/ar/screen")
    style = await site.get(html.one("link", rel="stylesheet")["href"] or "")
    assert style.headers["cache-control"] == PINNED_CACHE
    assert "font-display: swap" in style.text
    assert "optional" not in style.text
    families = re.findall(r'font-family: "([^"]+)";', style.text)
    assert {"IBM Plex Sans", "IBM Plex Sans Arabic"} <= set(families)
    font = re.search(r'url\("(/assets/sans-arabic-400[^"]+)"\)', style.text)
    assert font
    await site.get(font[1])


async def test_an_asset_of_another_release_is_not_found(site: SitePages) -> None:
    response = await site.http.get("/assets/site-000000000000.css")
    check_problem(response, 404, "not-found")
