"""Sentences about a feed that cannot be read, which the wire desk shows, by their codes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FEEDS: Final[Mapping[str, str]] = {
    # The request.
    "feed-http": "the server answers HTTP {http_status}",
    "feed-late": "the server does not answer in time: {cause}",
    "feed-unanswered": "the server does not answer: {cause}",
    "feed-forbidden": "the address may not be asked: {cause}",
    "feed-request": "the request cannot be made: check address and authorization",
    "feed-circle": "it redirects in a circle, back to {url}",
    "feed-redirects": "more than {most} redirects, the last to {url}",
    "feed-coding": "compressed in a way that was not asked for",
    "feed-gzip": "its gzip compression is broken",
    "feed-gzip-end": "its gzip compression is broken: the end is missing",
    "feed-too-large": "larger than {most} MB",
    # Its format.
    "feed-empty": "the input is empty",
    "feed-unknown": (
        "neither JSON nor XML; supported: NDJSON, RSS, Atom, JSON Feed, ninjs, NewsML-G2, NITF"
    ),
    "feed-xml": "neither RSS nor Atom: the XML cannot be read: {cause}",
    "feed-xml-nothing": "neither RSS nor Atom: the XML cannot be read",
    "feed-xml-none": "neither RSS nor Atom: there is no XML element in it",
    "feed-xml-comment": "neither RSS nor Atom: the XML ends inside a comment or an instruction",
    "feed-xml-doctype": "neither RSS nor Atom: the XML ends inside its document type",
    "feed-xml-other": "neither RSS nor Atom, NewsML-G2 or NITF: its first element is <{element}>",
    "feed-page": "it is a web page, not a feed; look there for the address of its feed",
    "feed-page-titled": (
        "it is a web page ({title}), not a feed; look there for the address of its feed"
    ),
    "feed-opml": "it is a list of feeds (OPML), not a feed; import a feed of it by its address",
    "feed-opml-with": (
        "it is a list of feeds (OPML), not a feed; import a feed of it by its address, such as "
        "{url}"
    ),
    "feed-no-news": "it is {document}, which has no news",
    "feed-newsml-1": "it is NewsML 1; supported is NewsML-G2, and NITF or ninjs",
    "feed-references": "the package refers to {count:,} items, and none is in it",
    "feed-no-items": "the JSON Feed has no list of items",
    "feed-json-other": "the JSON is neither a feed nor an item; it has {names}",
    "feed-json-deep": "the JSON is nested more than {most} levels deep",
    "feed-json-second": ("line {line} begins another document: NDJSON has each on one line"),
    "feed-json": "invalid JSON at line {line}: {cause}",
    # Its reader.
    "feed-memory": "the feed needs too much memory",
    "feed-reader": "the feed cannot be read: {cause}",
    "feed-reader-torn": "the feed cannot be read: its reader gave no whole answer",
    "feed-unexpected": "unexpected error; see the log of the worker",
}
"""The English sentence of every code. A ``cause`` is technical, and stays as it is."""
