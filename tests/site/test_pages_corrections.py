"""``/{edition}/corrections`` in each edition."""

from __future__ import annotations

import pytest

from tests.support.pages import SitePages


@pytest.mark.parametrize(
    ("edition", "title"), [("en", "Corrections"), ("ar", "التصويبات"), ("es", "Correcciones")]
)
async def test_the_page(site: SitePages, edition: str, title: str) -> None:
    empty = await site.page(f"/{edition}/corrections")
    assert empty.said("h1") == [title]
    assert not empty.all("ol", class_="correction-list")
    ferry = site.publish("Ferry sinks", edition=edition)
    mayor = site.publish("Mayor resigns", edition=edition)
    site.take(site.news.change(ferry.item_id, headline="Ferry aground", correction="It floats."))
    site.take(site.news.retract(mayor.item_id))
    html = await site.page(f"/{edition}/corrections")
    (listed,) = html.said("ol", class_="correction-list")
    assert "Mayor" not in listed
    assert listed.index("Ferry aground") < listed.index("It floats.")
    assert len(html.said("b", class_="mark-withdrawn")) == 1
    assert [a for a in html.all("a") if a["href"] == f"/item/{ferry.item_id}"]
    alternates = {
        link["hreflang"] for link in html.all("link", rel="alternate") if "hreflang" in link
    }
    assert alternates == {"ar", "en", "es", "x-default"}


async def test_each_page_links_to_it_and_an_unknown_edition_has_none(site: SitePages) -> None:
    for path in ("/en", "/en/section/politics", "/embed"):
        html = await site.page(path)
        assert [a for a in html.all("a") if a["href"] == "/en/corrections"]
    assert (await site.page("/fr/corrections", 404)).said("h1") == ["Page not found"]
