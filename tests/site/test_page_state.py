"""The state of a page: each item once, safe between script tags, with the texts of its edition."""

from __future__ import annotations

from typing import Any

import orjson

from tests.support.pages import SitePages
from ticker.site.page_state import LABELS, TEXTS


async def state(site: SitePages, path: str) -> Any:
    (text,) = (await site.page(path)).said("script", id="state")
    return orjson.loads(text)


async def test_each_item_once_at_the_cursor_of_the_page(site: SitePages) -> None:
    site.publish("</script><b>Sluice", level="flash", sections=["politics"], story="sluice")
    site.publish("Gate", sections=["politics"], story="sluice")
    for path in ("/en", "/en/section/politics"):
        found = await state(site, path)
        assert found["cursor"] == str(site.gateway.lane.cursor)
        headlines = sorted(item["headline"] for item in found["items"])
        assert headlines == ["</script><b>Sluice", "Gate"]


async def test_the_texts_are_those_of_the_edition(site: SitePages) -> None:
    found = await state(site, "/ar")
    assert set(found["labels"]) == set(LABELS)
    assert set(found["texts"]) == set(TEXTS)
    assert (found["lang"], found["dir"], found["labels"]["flash"]) == ("ar", "rtl", "عاجل")
    assert found["topics"]["politics"] == "سياسة"
    assert found["ago"]["minutes"][2] == "منذ {n} دقائق"
