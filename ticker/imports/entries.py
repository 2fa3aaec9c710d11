"""Make drafts from the values of feed entries: mend what is spelled badly, and note it. Pure.

Nothing that an entry lacks or spells badly costs the entry, with two exceptions: an entry without
any text says nothing, and one whose embargo cannot be read must not be published early.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ticker.domain.item_limits import HEADLINE_MAX, LIST_MAX, SUMMARY_MAX, TAG_MAX
from ticker.domain.taxonomy import Taxonomy
from ticker.imports import dates
from ticker.imports.drafts import (
    Context,
    Draft,
    Entry,
    ParsedInput,
    Rejection,
    fingerprint,
    identity,
    key_of,
)
from ticker.imports.languages import RIGHT_TO_LEFT, language_tag
from ticker.imports.links import absolute
from ticker.imports.pictures import SHOWN, Picture, media_list, shown
from ticker.imports.shared_ids import tell_apart
from ticker.imports.texts import likely_plain, readable, shortened

TAGS_READ_MAX = 200
"""Tags that are looked at."""
FAR = timedelta(days=365)
"""An expiry further away means that there is none; the server refuses it."""
_WORLD = timedelta(hours=12)
"""How much later than in UTC the same clock time is at most."""
_UNTIL = (
    r"(?:(?:under )?embargo(?:ed)? (?:until|till|to)|"
    r"not (?:to be (?:published|used)|for (?:publication|release|broadcast|use)) (?:before|until)|"
    r"hold (?:for release )?until|embarg(?:o|ad[oa]) (?:hasta|até)|no (?:publicar|difundir) "
    r"(?:antes|hasta)|(?:sous )?embargo jusqu|sperrfrist|"
    r"محظور النشر (?:حتى|قبل)|يحظر النشر (?:حتى|قبل))\b[^.\n]{0,60}"
)
_EMBARGO_NOTE = re.compile(_UNTIL, re.I)
_EMBARGO_TITLE = re.compile(r"\W*(?:strict(?:ly)? )?" + _UNTIL, re.I)
"""An embargo in words. A headline or a text has to begin with it: others tell of one."""
_KILL = re.compile(r"\W*(?:mandatory |bulletin )?kill(?:ed)?\b", re.I)
"""What agencies tell editors of an item that must not be used."""
_NO_TITLE = re.compile(
    r"[\[(<]?\s*(?:no title|untitled(?: post)?|without title|sin t[ií]tulo|بدون عنوان|بلا عنوان|"
    r"null|none|undefined|n/a|https?://\S+)\s*[\])>]?",
    re.I,
)
"""What systems write in place of a title that is missing; an address is none either."""
EARLY = timedelta(minutes=1)
"""How far a date may be ahead of this machine's clock; the server's clock decides anyway."""


@dataclass(slots=True)
class Found:
    """The values of one entry. Texts are plain, everything else is as its source writes it."""

    number: int
    line: int | None = None
    guid: object = None
    title: str = ""
    text: str = ""
    links: list[tuple[object, str | None]] = field(default_factory=list)
    """Addresses with their bases; the first valid one is taken."""
    tags: Iterable[object] = ()
    published: list[object] = field(default_factory=list)
    """Dates; the first valid one is taken."""
    version: object = None
    """The number of the version in the source."""
    changed: object = None
    """The date of the last change."""
    expires: object = None
    embargo: object = None
    status: str = ""
    """The state that the source gives it, such as ``embargoed``."""
    editors_note: str = ""
    """What the source tells editors, which is not for publication."""
    is_draft: bool = False
    """The source has not published it yet."""
    language: list[object] = field(default_factory=list)
    source: str = ""
    media: list[Picture] = field(default_factory=list)
    own: Draft = field(default_factory=dict)
    """Further fields of a draft, which the format has in our own terms."""
    withdrawn: bool = False
    channel: str = ""
    """What identifies the feed, for ids that are only numbers."""
    notes: list[str] = field(default_factory=list)


def compose(
    format: str, found: Iterable[Found | Rejection], context: Context, *, newest_first: bool = True
) -> ParsedInput:
    """Return the entries in the order of publication, each with a key of its own."""
    parsed = ParsedInput(format, [])
    for one in found:
        if isinstance(one, Rejection):
            parsed.rejected.append(one)
            continue
        made = _entry(one, context, parsed)
        if made is not None:
            parsed.entries.append(made)
    tell_apart(parsed)
    _order(parsed.entries, newest_first)
    for entry in parsed.entries:
        finish(entry, context)
    return parsed


def finish(entry: Entry, context: Context) -> None:
    """Complete an entry's draft: edition, defaults and key."""
    draft = entry.draft
    if entry.withdrawn:
        # Its language is not said, so neither is its edition.
        own = [context.defaults.edition] if context.defaults.edition else []
        editions = dict.fromkeys([*own, *context.taxonomy.editions])
        entry.keys = [key_of(edition, entry.guid) for edition in editions if entry.guid]
        return
    if "edition" not in draft and context.defaults.edition is None:
        edition = context.taxonomy.edition_of(draft.get("language"))
        if edition is not None:
            draft["edition"] = edition
    context.defaults.fill(draft)
    if "dir" not in draft and _runs_right_to_left(draft, context):
        draft["dir"] = "rtl"
    where = draft.get("edition") or draft.get("language")
    draft["key"] = key_of(where, entry.guid or fingerprint(draft))


def set_edition(found: Found, taxonomy: Taxonomy) -> None:
    """Give an entry of a newsroom like this one the edition of its language.

    It has an edition there, which the ``--edition`` of the import does not replace.
    """
    tags = (language_tag(value) for value in found.language)
    edition = taxonomy.edition_of(next((tag for tag in tags if tag), None))
    if edition is not None:
        found.own.setdefault("edition", edition)


def _entry(found: Found, context: Context, parsed: ParsedInput) -> Entry | None:
    notes = found.notes
    title, text = readable(found.title), readable(found.text)
    if not text and all(unicodedata.category(char)[0] in "PZ" for char in title):
        title = ""  # a dash says nothing
    found.withdrawn = found.withdrawn or _KILL.match(found.editors_note) is not None
    moment, embargo = _times(found, context, notes)
    draft: Draft = dict(found.own)
    link = _link(found, notes)
    guid = identity(found.guid, found.channel)
    entry = Entry(found.number, found.line, draft, guid, notes, found.withdrawn, moment)
    entry.version = _version(found.version)
    if changed := dates.read(found.changed):
        entry.changed = changed.moment
    _texts(draft, title, text, notes)
    entry.guid = guid or link or ""
    if found.withdrawn:
        return entry
    where = (found.number, found.line, title or _shown_id(found.guid) or link or "")
    if not draft.get("headline"):
        parsed.rejected.append(Rejection(*where, "it has neither a title nor a text"))
        return None
    if found.is_draft:
        parsed.skipped.append(Rejection(*where, "its source marks it as a draft"))
        return None
    if isinstance(embargo, str):
        parsed.rejected.append(Rejection(*where, embargo))
        return None
    if found.expires not in (None, ""):
        expires = dates.read(found.expires)
        if expires is None:
            notes.append(f"the expiry {shown(found.expires)} is no date; left out")
        elif expires.moment > context.now + FAR:
            notes.append(f"the expiry {expires.text} is more than a year away; left out")
        elif expires.moment <= context.now:
            parsed.skipped.append(Rejection(*where, f"it expired at {expires.text}"))
            return None
        else:
            draft["expires_at"] = expires.text
    if embargo is not None:
        draft["at"] = embargo.text
        if draft.get("expires_at", "9") <= embargo.text:
            notes.append("it expires before its embargo ends; the expiry is left out")
            del draft["expires_at"]
    elif moment is not None:
        draft["published_at"] = moment.isoformat()
    if link:
        draft["link"] = link
    _language(draft, found, notes)
    if found.source and "source" not in draft:
        draft["source"] = shortened(readable(found.source), HEADLINE_MAX)
    if tags := tag_list(found.tags):
        draft.setdefault("tags", tags)
    if media := media_list(found.media, notes):
        draft["media"] = media
    for name in [name for name, value in draft.items() if value in (None, "", [])]:
        del draft[name]
    return entry


def _texts(draft: Draft, title: str, text: str, notes: list[str]) -> None:
    """Set headline and summary: the text where there is no title, and no title twice."""
    if text and (not any(char.isalnum() for char in title) or _NO_TITLE.fullmatch(title)):
        title = ""  # "-", "…" and "Untitled" stand for none
    if not title:
        # Entries of news tickers often have no title: then the text is the headline.
        title, text = text, text if len(text) > HEADLINE_MAX else ""
        if title:
            notes.append("it has no title; its text is the headline")
    if text == title and len(title) <= HEADLINE_MAX:
        text = ""  # JSON Feed requires a content, so some feeds repeat the title
    draft["headline"] = shortened(title, HEADLINE_MAX)
    if draft["headline"] != title:
        if len(notes) == 0 or not notes[-1].startswith("it has no title"):
            notes.append(f"the title has {len(title):,} characters; shortened to {HEADLINE_MAX}")
        text = text or title
    draft["summary"] = shortened(text, SUMMARY_MAX)


def _times(found: Found, context: Context, notes: list[str]) -> tuple[Any, Any]:
    """Return when the entry was published, and its embargo or why it cannot be read."""
    moment = None
    for value in found.published:
        if value in (None, ""):
            continue
        read = dates.read(value)
        if read is None:
            notes.append(f"{shown(value)} is no date; left out")
            continue
        if read.note:
            notes.append(read.note)
        if read.moment > context.now + EARLY:
            notes.append(f"the date {read.text} is in the future; published with the present time")
        else:
            moment = read.moment
        break
    if found.embargo in (None, "", False):
        return moment, _unreadable_embargo(found)
    embargo = dates.read(found.embargo)
    if embargo is None:
        return moment, f"its embargo {shown(found.embargo)} is no date, so it is not published"
    if embargo.moment > context.now - _WORLD and (embargo.note or not embargo.zoned):
        # In another zone than UTC it would be lifted hours too early.
        why = "an unknown time zone" if embargo.note else "no time zone"
        return moment, f"its embargo {shown(found.embargo)} has {why}, so it is not published"
    return moment, embargo if embargo.moment > context.now else None


def _unreadable_embargo(found: Found) -> str | None:
    """Return why an entry without a date of its embargo is under one, or None."""
    said = _EMBARGO_NOTE.search(found.editors_note) or _EMBARGO_TITLE.match(found.title)
    said = said or _EMBARGO_TITLE.match(found.text)
    if said is not None:
        shown_text = shown(" ".join(said[0].split()))
        return f"it says {shown_text} without a date for it, so it is not published"
    if found.status.lower().startswith("embargo"):
        return "it is under embargo without a date, so it is not published"
    return None


def _link(found: Found, notes: list[str]) -> str | None:
    for value, base in found.links:
        if link := absolute(value, base):
            return link
    if wrong := next((value for value, _ in found.links if value), None):
        notes.append(f"the link {shown(wrong)} is no web address; left out")
    return None


def _language(draft: Draft, found: Found, notes: list[str]) -> None:
    for value in found.language:
        if not isinstance(value, str) or not value.strip():
            continue
        if tag := language_tag(value):
            draft["language"] = tag
            return
        notes.append(f"{shown(value)} is no language; left out")


def tag_list(values: object) -> list[str]:
    """Return valid tags made from ``values``: at most 64 characters, no commas, no duplicates."""
    if isinstance(values, str):
        values = values.split(",")
    if not isinstance(values, Iterable):
        return []
    tags: list[str] = []
    for _, value in zip(range(TAGS_READ_MAX), values, strict=False):
        text = " ".join(readable(likely_plain(value)).replace(",", " ").split())[:TAG_MAX].strip()
        if text and text not in tags:
            tags.append(text)
    return tags[:LIST_MAX]


def _runs_right_to_left(draft: Draft, context: Context) -> bool:
    language = str(draft.get("language") or "").split("-")[0].lower()
    edition = context.taxonomy.editions.get(str(draft.get("edition")))
    return language in RIGHT_TO_LEFT and edition is not None and edition.dir == "ltr"


def _version(value: object) -> int | None:
    text = str(value or "")
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) else None


def _order(entries: list[Entry], newest_first: bool) -> None:
    """Sort entries by time, oldest first; entries of one time keep their order in the feed.

    An entry without a date stays beside its neighbour.
    """
    moments = [entry.moment for entry in entries if entry.moment is not None]
    ascending = moments == sorted(moments) and len(set(moments)) > 1
    if newest_first and not ascending:
        entries.reverse()
    if not moments:
        return
    last = next(entry.moment for entry in entries if entry.moment is not None)
    places = {}
    for entry in entries:
        last = entry.moment or last
        places[id(entry)] = last
    entries.sort(key=lambda entry: places[id(entry)])


def _shown_id(value: object) -> str:
    return readable(str(value))[:SHOWN] if value not in (None, "") else ""
