"""A story as schema.org LiveBlogPosting."""

from __future__ import annotations

import orjson

from tests.feeds.formats.sample import ARABIC, BASE, MARKUP, sample
from tests.support.in_memory import InMemoryNewsroom
from ticker.domain.clock import parse_ms
from ticker.feeds.formats.channel import PublicItem, read_item, urn
from ticker.feeds.formats.liveblog import COVERAGE_MS, live_blog, render, script_text


def harbour() -> list[PublicItem]:
    items = [read_item(event) for event in sample().current_items]
    return [item for item in items if item["story"] == "harbour"]


def test_a_story_and_its_developments() -> None:
    arabic, english = harbour()
    blog = orjson.loads(render(live_blog(BASE, "Coast", "harbour", [english, arabic])))
    assert (blog["@context"], blog["@type"]) == ("https://schema.org", "LiveBlogPosting")
    assert blog["url"] == f"{BASE}/story/harbour"
    assert blog["headline"] == ARABIC, "the newest development's"
    assert blog["inLanguage"] == ["ar", "en"]
    assert blog["coverageStartTime"] == blog["datePublished"] == english["published_at"]
    assert blog["dateModified"] == english["updated_at"], "a correction is a change"
    end = parse_ms(english["updated_at"]) + COVERAGE_MS
    assert parse_ms(blog["coverageEndTime"]) == end
    assert blog["publisher"]["name"] == "Coast"
    first, second = blog["liveBlogUpdate"]
    assert {first["@type"], second["@type"]} == {"BlogPosting"}
    assert [first["headline"], second["headline"]] == [ARABIC, MARKUP]
    assert (second["@id"], second["url"]) == (urn(english["id"]), f"{BASE}/item/{english['id']}")
    assert (second["datePublished"], second["dateModified"], second["inLanguage"]) == (
        english["published_at"],
        english["updated_at"],
        "en",
    )
    assert english["correction"] is not None
    assert second["correction"] == {
        "@type": "CorrectionComment",
        "text": "It was two quays, not <three>",
        "datePublished": english["correction"]["at"],
    }
    assert "correction" not in first
    assert second["articleBody"] == "Fewer < than & planned"
    assert second["citation"] == "https://reports.example/a?b=1&c=%C3%A9"
    assert second["image"] == ["https://reports.example/%C3%BC.jpg"]
    assert second["sourceOrganization"]["name"] == "Harbour & Co"


def test_one_language_is_a_text() -> None:
    item = read_item(InMemoryNewsroom().publish(story="s"))
    assert live_blog(BASE, "Coast", "s", [item])["inLanguage"] == "en"


def test_it_is_safe_in_a_script_element() -> None:
    item = read_item(
        InMemoryNewsroom().publish("</script><script>alert(1)</script><!--", story="s")
    )
    document = live_blog(BASE, "Coast", "s", [item])
    text = script_text(document)
    assert "<" not in text
    assert orjson.loads(text) == document
