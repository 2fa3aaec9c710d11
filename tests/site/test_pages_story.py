"""The page of a story: its own title, summary and key points, and the timeline."""

from __future__ import annotations

import orjson

from tests.support.newsroom import TestNewsroom
from tests.support.pages import BROWSER, SitePages

TEXT = {"title": "Floods <in> the south", "summary": "It rains.", "key_points": ["One", "Two"]}


async def test_what_editors_write_is_on_the_page(newsroom: TestNewsroom) -> None:
    await newsroom.publish("Rivers rise", story="floods-2026", summary="Slowly")
    http, path = newsroom.http, "/story/floods-2026?edition=en"
    before = (await http.get(path, headers=BROWSER)).text
    assert "<title>Rivers rise |" in before
    assert "key-points" not in before
    assert "Floods 2026" not in before, "a name is no title"
    put = await http.put("/v1/stories/floods-2026/texts/en", json=TEXT, headers=newsroom.key)
    assert put.status_code == 200, put.text
    after = (await http.get(path, headers=BROWSER)).text
    assert "<title>Floods &lt;in&gt; the south |" in after
    assert 'content="It rains."' in after
    assert after.count("<li>One</li>") == after.count("<li>Two</li>") == 1
    text = after.partition('application/ld+json">')[2].partition("</script>")[0]
    blog = orjson.loads(text)
    assert (blog["headline"], blog["description"]) == (TEXT["title"], TEXT["summary"])
    await http.delete("/v1/stories/floods-2026/texts/en", headers=newsroom.key)
    assert (await http.get(path, headers=BROWSER)).text == before


async def test_the_timeline_has_days_and_times(site: SitePages) -> None:
    old = site.publish("Old", story="s", published_at="2025-11-20T08:30:00Z")
    new = site.publish("New", story="s", level="flash", summary="Now")
    html = await site.page("/story/s?edition=en")
    assert html.said("h3", class_="day-title") == ["24 November 2025", "20 November 2025"]
    rows = html.all("li", class_="update")
    assert [row["id"] for row in rows] == [f"u-{new.item_id}", f"u-{old.item_id}"]
    assert "08:30 UTC" in html.said("li", class_="update")[1]
    assert html.one("button", class_="new-updates")["hidden"] is None
