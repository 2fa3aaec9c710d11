"""The result of an import: counts, refusals and notes, each with its entry and line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ticker.cli import options, times
from ticker.cli.output import Output

if TYPE_CHECKING:
    from ticker.client.results import BatchResult
    from ticker.domain.taxonomy import Taxonomy
    from ticker.imports.drafts import Draft, Entry, ParsedInput

SHOWN = 5
"""Refusals, and notes, that a terminal shows."""
_IMPORT_ONLY = ("key", "correction", "status")
LISTED = 200
"""Refusals, and notes, that --json lists."""


class Report:
    """Counts the results of an import and shows them."""

    def __init__(self, parsed: ParsedInput) -> None:
        self._parsed = parsed
        pairs = [(entry, line) for entry in parsed.entries for line in entry.lines()]
        self._entries = [entry for entry, _ in pairs]
        self.lines: list[Draft] = [line for _, line in pairs]
        """What is sent, in this order."""
        self._items = len(parsed.drafts)
        self.published = self.updated = self.repeated = self.retracted = self.pending = 0
        self.silent: str | None = None
        """The hop that passes no events, while some are pending."""
        self.seconds: float | None = None
        """None for a dry run."""
        self.refused = len(parsed.rejected)
        self._errors: list[dict[str, Any]] = [
            _place(one.number, one.line, one.headline) | {"messages": [one.message]}
            for one in parsed.rejected[:LISTED]
        ]

    @property
    def code(self) -> int:
        """The exit code."""
        if self.refused:
            return options.REFUSED
        return options.PENDING if self.pending else options.OK

    @property
    def summary(self) -> str:
        """Return in a few words what was done, also for a result that cannot be printed."""
        return (
            f"Published {self.published:,} items, updated {self.updated:,} "
            f"({self.refused:,} refused)"
        )

    def add(self, batch: BatchResult) -> None:
        """Count the results of one batch of ``lines``."""
        self.published += batch.published
        self.updated += batch.updated
        self.retracted += batch.withdrawn
        self.repeated += batch.repeated
        self.refused += batch.refused
        self.pending += batch.pending
        for draft in batch.refusals[: LISTED - len(self._errors)]:
            messages = [f"{wrong.field}: {wrong.message}" for wrong in draft.errors]
            self._refuse(self._entries[draft.number - 1], messages or [draft.detail])
        for draft in batch.warned:
            self._entries[draft.number - 1].notes.extend(draft.warnings)

    def check(self, taxonomy: Taxonomy) -> None:
        """Validate the drafts here, without a server."""
        from ticker.domain.draft import read_draft
        from ticker.domain.errors import Invalid

        for entry in self._entries:
            if entry.withdrawn:
                continue
            fields = {
                name: value for name, value in entry.draft.items() if name not in _IMPORT_ONLY
            }
            try:
                read_draft(fields, taxonomy)
            except Invalid as error:
                self.refused += 1
                if len(self._errors) < LISTED:
                    self._refuse(entry, [f"{one.field}: {one.message}" for one in error.errors])

    def show(self, out: Output) -> None:
        """Print the result."""
        if out.as_json:
            out.json(self._json())
            return
        self._show_errors(out)
        self._show_notes(out)
        if withdrawn := len(self._parsed.withdrawn):
            out.note(
                f"{withdrawn:,} withdrawn by the source; {self.retracted:,} retracted", "yellow"
            )
        if self.seconds is None:
            valid = self._items - self.refused + len(self._parsed.rejected)
            out.say(
                f"{valid:,} valid, {self.refused:,} invalid. Nothing was published (--dry-run)."
            )
            return
        rate = f" ({self._items / self.seconds:,.0f}/s)" if self._items >= 1_000 else ""
        out.say(
            f"{self.published:,} published, {self.updated:,} updated, {self.repeated:,} already "
            f"imported, {self.refused:,} refused in {self.seconds:.1f} s{rate}"
        )
        if self.pending:
            from ticker.cli.result import say_why

            out.say(f"! {self.pending:,} accepted; not on screens yet", "bold yellow")
            say_why(out, self.silent)

    def _refuse(self, entry: Entry, messages: list[str]) -> None:
        headline = str(entry.draft.get("headline") or "")
        self._errors.append(_place(entry.number, entry.line, headline) | {"messages": messages})

    def _refusals(self) -> list[dict[str, Any]]:
        """Return the refusals of this command and of the server in the order of the input."""
        return sorted(self._errors, key=lambda error: error["item"])

    def _notes(self) -> list[dict[str, Any]]:
        notes = [
            _place(one.number, one.line, str(one.draft.get("headline") or ""))
            | {"messages": one.notes}
            for one in self._parsed.entries
            if one.notes
        ]
        notes += [
            _place(one.number, one.line, one.headline) | {"messages": [f"left out: {one.message}"]}
            for one in self._parsed.skipped
        ]
        return sorted(notes, key=lambda note: note["item"])

    def _json(self) -> dict[str, Any]:
        parsed = self._parsed
        return {
            "format": parsed.format,
            "items": self._items,
            "published": self.published,
            "updated": self.updated,
            "repeated": self.repeated,
            "refused": self.refused,
            "pending": self.pending,
            "silent": self.silent,
            "withdrawn": len(parsed.withdrawn),
            "retracted": self.retracted,
            "skipped": len(parsed.skipped),
            "dry_run": self.seconds is None,
            "seconds": None if self.seconds is None else round(self.seconds, 3),
            "errors": self._refusals(),
            "notes": [{"item": None, "line": None, "headline": "", "messages": parsed.notes}]
            * bool(parsed.notes)
            + self._notes()[:LISTED],
        }

    def _show_errors(self, out: Output) -> None:
        for error in self._refusals()[:SHOWN]:
            out.note(f"✗ {_title(error, out)}", style="red")
            for message in error["messages"]:
                out.note(f"    {message}", style=None)
        if self.refused > SHOWN:
            out.note(f"  … and {self.refused - SHOWN:,} more refused")

    def _show_notes(self, out: Output) -> None:
        for text in self._parsed.notes:
            out.note(f"Note: {text}", style=None)
        notes = self._notes()
        for note in notes[:SHOWN]:
            out.note(f"Note: {_title(note, out)}", style=None)
            for message in note["messages"]:
                out.note(f"    {times.localised(message, out.now)}", style=None)
        if len(notes) > SHOWN:
            out.note(f"  … and notes on {len(notes) - SHOWN:,} more entries; --json lists them")


def _place(number: int, line: int | None, headline: str) -> dict[str, Any]:
    return {"item": number, "line": line, "headline": headline}


def _title(error: dict[str, Any], out: Output) -> str:
    from ticker.cli.bidi import one_line

    line = "" if error["line"] is None else f" (line {error['line']})"
    headline = one_line(error["headline"][:60], out.bidi)
    return f"Entry {error['item']}{line}" + (f": {headline}" if headline else "")
