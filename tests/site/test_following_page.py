"""The page of what the reader follows: the same for all readers, and no search engine's."""

from __future__ import annotations

from tests.support.pages import serving_pages


async def test_the_page_names_nobodys_choice() -> None:
    async with serving_pages() as site:
        site.publish("Ferry service resumes", sections=["politics"])
        page = await site.page("/en/following")
        assert page.all("meta", name="robots", content="noindex")
        assert page.said("h1", class_="topic-title") == ["Following"]
        assert page.one("a", href="/en/following", aria_current="page")
        assert page.all("li", class_="row") == []
        assert {one["data-slug"] for one in page.all("button", class_="follow")} >= {"politics"}
        arabic = await site.page("/ar/following")
        assert arabic.one("html")["dir"] == "rtl"
        await site.get("/xx/following", 404)


async def test_pages_of_topics_and_stories_have_a_button() -> None:
    async with serving_pages() as site:
        event = site.publish(story="ferry", sections=["politics"])
        for path, kind, slug in (
            ("/en/section/politics", "section", "politics"),
            ("/en/region/asia", "region", "asia"),
            ("/story/ferry?edition=en", "story", "ferry"),
            (f"/item/{event.item_id}", "story", "ferry"),
        ):
            button = (await site.page(path)).one("button", class_="follow")
            assert (button["data-kind"], button["data-slug"]) == (kind, slug), path
            assert "hidden" in button  # until the script works
