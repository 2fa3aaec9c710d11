"""Entries of one feed that share an id: they are several items, or versions of one."""

from __future__ import annotations

from typing import Any

from ticker.imports.drafts import Entry, ParsedInput, Rejection, apart


def tell_apart(parsed: ParsedInput) -> None:
    """Give entries that share an id one of their own, and keep one of each that comes twice.

    Some systems write the same id into every entry. An entry that the feed has in two versions
    under one address keeps its id, and the newer version wins.
    """
    by_guid: dict[tuple[object, str], list[Entry]] = {}
    for entry in parsed.entries:
        if entry.guid:
            where = (entry.draft.get("edition"), entry.guid)
            by_guid.setdefault(where, []).append(entry)
    for group in by_guid.values():
        if len(group) > 1:
            _tell_group_apart(group, parsed)


def _tell_group_apart(group: list[Entry], parsed: ParsedInput) -> None:
    links = {entry.draft.get("link") for entry in group}
    withdrawn = [entry for entry in group if entry.withdrawn]
    by_link = group[0].guid == group[0].draft.get("link")
    numbered = len({entry.version for entry in group} - {None}) == len(group)
    if numbered:
        kept = [max(group, key=lambda one: one.version or 0)]
    elif withdrawn:
        kept = withdrawn[:1]
    elif len(links) > 1 or by_link or _separate(group):
        for entry in group:
            entry.shared, entry.part = entry.guid, apart(entry.draft, entry.guid)
            entry.guid = f"{entry.shared}\0{entry.part}"
        kept = list({entry.guid: entry for entry in reversed(group)}.values())
        if len(kept) > 1 and not by_link:
            kept[0].notes.append("other entries have its id, too")
    else:
        # The first of a feed is its newest, unless the dates say otherwise.
        kept = [max(group, key=_recent)]
    keep = {id(entry) for entry in kept}
    for entry in group:
        if id(entry) not in keep:
            headline = str(entry.draft.get("headline") or entry.guid)
            message = "the feed has another version of it"
            parsed.skipped.append(Rejection(entry.number, entry.line, headline, message))
            parsed.entries.remove(entry)


def _recent(entry: Entry) -> tuple[bool, Any, int]:
    moment = entry.changed or entry.moment
    return moment is not None, moment or 0, -entry.number


def _separate(group: list[Entry]) -> bool:
    """Tell whether entries with one id are several: a feed does not list an item three times."""
    headlines = {entry.draft.get("headline") for entry in group}
    return len(group) > 2 and len(headlines) == len(group)
