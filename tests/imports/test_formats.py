"""The import formats, and keys that make a repeated import harmless."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from ticker.domain.draft import read_draft
from ticker.domain.item_limits import SUMMARY_MAX
from ticker.domain.taxonomy import Taxonomy
from ticker.imports.drafts import Defaults, Draft, Unreadable
from ticker.imports.formats import read

EN = Defaults(edition="en")

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Sample wire</title><link>http://a.example/</link>
<item><title>Bridge &amp; tunnel reopen</title><link>http://a.example/2</link>
  <guid isPermaLink="false">g2</guid><pubDate>Mon, 23 Nov 2026 10:00:00 GMT</pubDate>
  <category>traffic, roads</category><category>traffic, roads</category>
  <description>
  &lt;p&gt;Both &lt;b&gt;reopen&lt;/b&gt; at&amp;nbsp;noon.&lt;/p&gt;
  </description></item>
<item><title>Rain on the coast</title><link>javascript:alert(1)</link><guid>g1</guid>
  <pubDate>Mon, 23 Nov 2026 12:00:00 +0300</pubDate></item>
</channel></rss>"""

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="es"><title>x</title><id>urn:x</id>
<updated>2026-11-23T10:00:00Z</updated>
<entry><title>Cierra el puerto</title><id>urn:a1</id><updated>2026-11-23T10:00:00Z</updated>
<link href="https://a.example/a1"/></entry></feed>"""

JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Sample",
    "language": "en",
    "items": [
        {
            "id": "2",
            "content_html": "<p>No title: the <i>text</i> is the headline.</p>",
            "date_published": "2026-11-23T10:00:00+01:00",
        },
        {
            "id": "1",
            "title": "Ferry back in service",
            "summary": "After two weeks.",
            "url": "https://a.example/1",
            "tags": ["ferry", ""],
        },
    ],
}

EXPIRES = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)

NINJS = {
    "standard": {"name": "ninjs", "version": "3.1"},
    "uri": "https://a.example/items/7",
    "language": "en",
    "pubStatus": "usable",
    "urgency": 2,
    "headlines": [
        {"role": "short", "value": "Short"},
        {"role": "main", "value": "The museum opens its new wing"},
    ],
    "descriptions": [{"value": "On Friday."}],
    "infoSources": [{"name": "City desk"}],
    "subjects": [{"name": "museums"}],
    "firstCreated": "2026-11-23T10:00:00Z",
    "expires": EXPIRES.isoformat(),
}


def lines(*records: object) -> bytes:
    return b"\n".join(orjson.dumps(record) for record in records)


def accepted(drafts: list[Draft]) -> bool:
    """Return whether every draft passes the server's validation."""
    for draft in drafts:
        read_draft(
            {name: value for name, value in draft.items() if name not in ("key", "correction")},
            Taxonomy(),
        )
    return True


def test_rss_oldest_first_as_plain_text_with_safe_links() -> None:
    reading = read(RSS.encode(), EN)
    assert reading.format == "feed"
    first, second = reading.drafts
    assert first["headline"] == "Rain on the coast"
    assert first["published_at"] == "2026-11-23T09:00:00+00:00"
    assert "link" not in first
    assert second["headline"] == "Bridge & tunnel reopen"
    assert second["summary"] == "Both reopen at noon."
    assert second["tags"] == ["traffic roads"]
    assert second["link"] == "http://a.example/2"
    assert accepted(reading.drafts)


def test_atom() -> None:
    (draft,) = read(ATOM.encode(), Defaults("es", sections=("economy",))).drafts
    assert draft["headline"] == "Cierra el puerto"
    assert draft["language"] == "es"
    assert draft["sections"] == ["economy"]
    assert accepted([draft])


def test_json_feed() -> None:
    reading = read(orjson.dumps(JSON_FEED), EN)
    assert reading.format == "jsonfeed"
    first, second = reading.drafts
    assert (first["headline"], first["tags"]) == ("Ferry back in service", ["ferry"])
    assert second["headline"] == "No title: the text is the headline."
    assert second["published_at"] == "2026-11-23T09:00:00+00:00"
    assert accepted(reading.drafts)


def test_ninjs_alone_in_lines_and_in_an_array() -> None:
    for data in (orjson.dumps(NINJS), lines(NINJS, NINJS), orjson.dumps([NINJS])):
        reading = read(data, EN)
        assert reading.format == "ninjs"
        draft = reading.drafts[0]
        assert draft["headline"] == "The museum opens its new wing"
        assert (draft["level"], draft["source"]) == ("bulletin", "City desk")
        assert draft["tags"] == ["museums"]
        assert draft["expires_at"] == EXPIRES.isoformat()
        assert accepted(reading.drafts)


@pytest.mark.parametrize("status", ["canceled", "withheld"])
def test_a_withdrawn_item_is_never_published(status: str) -> None:
    reading = read(
        lines({**NINJS, "pubStatus": status, "uri": "https://a.example/items/8"}, NINJS), EN
    )
    assert len(reading.drafts) == 1
    assert reading.withdrawn == ["The museum opens its new wing"]
    lines_of_it = [line for one in reading.entries if one.withdrawn for line in one.lines()]
    assert {line["status"] for line in lines_of_it} == {"canceled"}
    usable = read(lines({**NINJS, "uri": "https://a.example/items/8"}), EN).drafts
    assert usable[0]["key"] in [line["key"] for line in lines_of_it]


def test_ndjson_keeps_its_own_values_and_keys() -> None:
    data = lines({"headline": "a", "edition": "ar", "key": "k1"}, {"headline": "b", "tags": ["x"]})
    reading = read(data, Defaults("en", sections=("health",), tags=("y",), level="urgent"))
    assert reading.format == "ndjson"
    first, second = reading.drafts
    assert (first["edition"], first["key"], first["sections"]) == ("ar", "k1", ["health"])
    assert (second["edition"], second["tags"], second["level"]) == ("en", ["x"], "urgent")


def test_a_single_line_and_a_pretty_printed_object() -> None:
    one = {"headline": "a", "edition": "en"}
    assert len(read(orjson.dumps(one), EN).drafts) == 1
    pretty = orjson.dumps(one, option=orjson.OPT_INDENT_2)
    assert read(pretty, EN).drafts[0]["headline"] == "a"


def test_our_own_items_come_back_without_what_only_the_server_sets() -> None:
    item = {
        "id": "01k9zq",
        "version": 4,
        "status": "usable",
        "headline": "a",
        "edition": "en",
        "pinned": False,
        "published_at": "2026-11-23T10:00:00.000Z",
        "correction": {"text": "b", "at": "2026-11-23T10:00:00.000Z"},
        "summary": None,
    }
    (draft,) = read(orjson.dumps(item), EN).drafts
    assert set(draft) == {"headline", "edition", "pinned", "published_at", "key", "correction"}
    assert draft["correction"] == "b"
    assert accepted([draft])


def test_unknown_fields_stay_in_so_that_a_misspelling_is_refused_by_name() -> None:
    (draft,) = read(b'{"headline":"a","colour":"red"}', EN).drafts
    assert draft["colour"] == "red"


@pytest.mark.parametrize(
    "data", [RSS.encode(), ATOM.encode(), orjson.dumps(JSON_FEED), lines(NINJS)]
)
def test_keys_are_the_same_at_every_import_and_different_for_each_item(data: bytes) -> None:
    first, again = read(data, EN).drafts, read(data, EN).drafts
    keys = [draft["key"] for draft in first]
    assert keys == [draft["key"] for draft in again]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"import-[0-9a-f]{40}", key) for key in keys)


def test_another_edition_is_another_item() -> None:
    english, spanish = read(ATOM.encode(), EN), read(ATOM.encode(), Defaults("es"))
    assert english.drafts[0]["key"] != spanish.drafts[0]["key"]


def test_a_long_description_is_cut_at_a_word() -> None:
    long = {**JSON_FEED, "items": [{"id": "1", "title": "a", "summary": "word " * 1_000}]}
    (draft,) = read(orjson.dumps(long), EN).drafts
    assert len(draft["summary"]) <= SUMMARY_MAX
    assert draft["summary"].endswith("word…")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"headline;edition", "neither JSON nor XML"),
        (
            b"<html><title>Wire</title><body>Not found</body></html>",
            "a web page \\('Wire'\\), not a feed",
        ),
        (b"<!DOCTYPE html><html><body>x</body></html>", "a web page, not a feed"),
        (b"<opml/>", "a list of feeds"),
        (b"<x:svg/>", "first element is <svg>"),
        (b"<rss", "neither RSS nor Atom"),
        (b'{"headline": "a"', "invalid JSON"),
        (b'[{"headline":"a"}', "invalid JSON"),
        (b"\xff\xfea\x00", "neither JSON nor XML"),
    ],
)
def test_an_unreadable_input_has_a_reason(data: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read(data, EN)


def test_a_byte_order_mark_and_empty_lines_are_no_error() -> None:
    data = b"\xef\xbb\xbf" + b'\n{"headline":"a"}\r\n\r\n{"headline":"b"}\n'
    assert [draft["headline"] for draft in read(data, EN).drafts] == ["a", "b"]


def test_a_link_that_cannot_be_read_costs_no_item() -> None:
    feed = b"""<rss version="2.0"><channel><title>x</title>
    <item><title>One</title><link>https://[</link><pubDate>?</pubDate></item></channel></rss>"""
    (draft,) = read(feed, EN).drafts
    assert draft["headline"] == "One"
    assert "link" not in draft


def test_deep_nesting_and_combining_marks_are_refused_and_not_suffered() -> None:
    deep = b'{"headline":' + b"[" * 500 + b"]" * 500 + b"}"
    for data in (deep, b"[" + deep + b"]"):
        with pytest.raises(Unreadable, match="nested more than"):
            read(data, EN)
    parsed = read(b'{"headline":"a"}\n' + deep, EN)
    assert (len(parsed.drafts), parsed.rejected[0].message[:23]) == (1, "line 2 is nested more t")
    marks = orjson.dumps({"headline": "e" + "\u0301" * 30_000, "edition": "en"})
    assert accepted(read(b"\n".join([marks] * 10), EN).drafts)


@pytest.mark.parametrize(
    ("data", "headlines", "rejected"),
    [
        (b'{"headline":"a"}\n{"headline":\n{"headline":"c"}', "ac", {2: "line 2 is not JSON"}),
        (b'{"headline":\n{"headline":"b"}', "b", {1: "line 1 is not JSON"}),
        (b'{"headline":"a"}\n\n7\n{"headline":"c"}', "ac", {3: "line 3 is not a JSON object"}),
        (b'{"headline":"a"},\n{"headline":"b"},', "ab", {}),
        (b'[{"headline":"a"}, 2]', "a", {None: "entry 2 is not a JSON object"}),
        (b'{"headline":"a\x01b","level":NaN}\n{"headline":"c"}', ["a\x01b", "c"], {}),
    ],
)
def test_a_broken_line_costs_only_itself(
    data: bytes, headlines: str | list[str], rejected: dict[int | None, str]
) -> None:
    parsed = read(data, EN)
    said = [draft["headline"] for draft in parsed.drafts]
    assert [text.replace("\x01", "") for text in said] == [
        text.replace("\x01", "") for text in headlines
    ]
    assert [one.line for one in parsed.rejected] == list(rejected)
    for one in parsed.rejected:
        assert one.message.startswith(rejected[one.line])
