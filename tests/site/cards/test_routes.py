"""The addresses of preview pictures: their cache, their versions, and retractions."""

from __future__ import annotations

import pytest

from tests.support.newsroom import TestNewsroom, check_problem
from tests.support.pages import SitePages
from tests.support.png import read_png
from ticker.site.cards import routes as module


@pytest.mark.parametrize("fields", [{}, {"level": "flash", "speaker": "Ana"}, {"edition": "ar"}])
async def test_an_item_has_a_picture(site: SitePages, fields: dict[str, str]) -> None:
    event = site.publish(**fields)
    path = f"/item/{event.item_id}/card-1.png"
    response = await site.get(path)
    assert response.headers["content-type"] == "image/png"
    assert read_png(response.content).width == 1_200
    same = await site.get(path, 304, if_none_match=response.headers["etag"])
    assert same.content == b""


async def test_another_version_redirects_to_the_newest(site: SitePages) -> None:
    event = site.publish()
    old = await site.get(f"/item/{event.item_id}/card-1.png")
    site.take(site.news.change(event.item_id, headline="Ferry stays", correction="It stays"))
    moved = await site.get(f"/item/{event.item_id}/card-1.png", 302)
    assert moved.headers["location"] == f"/item/{event.item_id}/card-2.png"
    assert (await site.get(moved.headers["location"])).content != old.content
    for version in ("0", "7", "007"):
        await site.get(f"/item/{event.item_id}/card-{version}.png", 302)
    for version in ("x", "-1", "1" * 30, "٢٢"):
        await site.get(f"/item/{event.item_id}/card-{version}.png", 404)


async def test_a_retracted_item_has_no_picture(newsroom: TestNewsroom) -> None:
    item = (await newsroom.publish("Mayor resigns"))["item"]
    path = f"/item/{item['id']}/card-1.png"
    assert (await newsroom.http.get(path)).status_code == 200
    await newsroom.act(item["id"], "retract", reason="not true")
    check_problem(await newsroom.http.get(path), 410, "gone")


async def test_a_card_loses_its_label_when_the_news_is_old(
    site: SitePages, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/item/{site.publish(level='flash').item_id}/card-1.png"
    found = []
    for age in (10**18, 0):
        monkeypatch.setattr(module, "LABEL_MS", age)
        response = await site.get(path)
        picture = read_png(response.content)
        found.append((picture.drawn(72, 56, 400, 132), response.headers["etag"]))
    assert found == [(True, '"card-1-1"'), (False, '"card-1-0"')]
