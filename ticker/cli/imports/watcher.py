"""Looks at a feed again and again, and sends what is new."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from ticker.cli import options, times
from ticker.cli.output import Output

if TYPE_CHECKING:
    from ticker.client import Editor
    from ticker.domain.taxonomy import Taxonomy
    from ticker.imports.drafts import Defaults, Draft, ParsedInput
    from ticker.imports.watch_step import WatchState

FEED_MAX = 32 * 2**20
"""Bytes of a feed that is looked at again and again."""
GONE = 410


class Watcher:
    """Looks at one feed and sends what is new to a newsroom, or to a file of drafts."""

    def __init__(
        self,
        url: str,
        defaults: Defaults,
        taxonomy: Taxonomy,
        client: Editor,
        out: Output,
        file: Path,
        drafts: Path | None = None,
    ) -> None:
        self.from_now = False
        self._url = url
        self._defaults = defaults
        self._taxonomy = taxonomy
        self._client = client
        self._out = out
        self._file = file
        self._drafts = drafts
        self._state, self._new = self._load()
        self._after: float | None = None
        self._said = ""

    async def run(
        self,
        every: float,
        ended: asyncio.Event,
        *,
        once: bool = False,
        sleep: Callable[[asyncio.Event, float], Awaitable[None]] | None = None,
    ) -> int:
        """Look until ``ended`` is set; return the exit code."""
        from ticker.imports.watch_step import pause

        wait = sleep or _until
        while not ended.is_set():
            code = await self.look()
            if once or code == options.REFUSED:
                return code
            await wait(ended, pause(self._state, every, self._after, random.random()))
        return options.OK

    async def look(self) -> int:
        """Look once. Return an exit code: REFUSED if the feed is gone for good.

        Raises Unauthorised or Forbidden: the next look would have the same key.
        """
        from ticker.cli.imports.download import BadAnswer, fetch
        from ticker.cli.imports.web_get import Limits
        from ticker.client.errors import ClientError, Forbidden, Unauthorised
        from ticker.imports import watch_step
        from ticker.imports.drafts import Unreadable
        from ticker.imports.formats import read

        self._after = None
        try:
            headers = watch_step.conditions(self._state)
            answer = await fetch(self._url, Limits(FEED_MAX), headers)
            if answer.unchanged:
                self._state = watch_step.unchanged(self._state)
                return options.OK
            if older := watch_step.older(self._state, answer):
                self._state = older
                return options.OK
            parsed = read(
                answer.data,
                self._defaults,
                taxonomy=self._taxonomy,
                url=answer.url,
                charset=answer.charset,
            )
            found = watch_step.look(self._state, answer, parsed, time.time())
            skipped = self.from_now and self._new
            refused = [] if skipped else await self._send(found.lines, parsed)
        except Unreadable as error:
            self._after = error.after if isinstance(error, BadAnswer) else None
            return self._failed(str(error), gone=getattr(error, "status", 0) == GONE)
        except (Unauthorised, Forbidden):
            raise
        except ClientError as error:
            self._after = getattr(error, "retry_after", None)
            self._failed(str(error), gone=False)
            return options.UNREACHABLE
        except OSError as error:
            return self._failed(error.strerror or str(error), gone=False)
        self._state = watch_step.without(found.state, refused)
        self._new = False
        self._said = ""
        self._save()
        return options.OK

    async def _send(self, lines: list[Draft], parsed: ParsedInput) -> list[str]:
        """Send lines, and report what became of them. Return the keys to send again."""
        from ticker.imports.watch_step import keys_of

        if not lines:
            return []
        # An entry that its source withdrew has a line for each edition, most of them unknown here.
        new = sum(line.get("status") != "canceled" for line in lines)
        counts = {
            "new": new,
            "published": 0,
            "updated": 0,
            "withdrawn": 0,
            "repeated": 0,
            "refused": 0,
        }
        errors: list[dict[str, Any]] = []
        warnings: list[dict[str, Any]] = []
        again: list[str] = []
        if self._drafts is not None:
            _append(self._drafts, lines)
        else:
            keys = keys_of(lines)
            async for batch in self._client.import_drafts(lines, in_flight=1):
                counts["published"] += batch.published
                counts["updated"] += batch.updated
                counts["withdrawn"] += batch.withdrawn
                counts["repeated"] += batch.repeated
                counts["refused"] += batch.refused
                for refusal in batch.refusals:
                    if refusal.status >= 500:
                        again.append(keys[refusal.number - 1])
                    line = lines[refusal.number - 1]
                    messages = [f"{one.field}: {one.message}" for one in refusal.errors]
                    messages = messages or [refusal.detail]
                    errors.append({"headline": line.get("headline"), "messages": messages})
                for one in batch.warned:
                    headline = lines[one.number - 1].get("headline")
                    warnings.append({"headline": headline, "messages": list(one.warnings)})
        self._report(counts, errors, warnings, len(parsed.rejected))
        return again

    def _report(
        self,
        counts: dict[str, int],
        errors: list[dict[str, Any]],
        warnings: list[dict[str, Any]],
        unread: int,
    ) -> None:
        if self._out.as_json:
            lists = {"errors": errors, "warnings": warnings}
            self._out.json({"type": "look", **counts, "unread": unread, **lists})
            return
        from ticker.cli.bidi import one_line

        for mark, style, told in (("✗", "red", errors), ("!", "yellow", warnings)):
            for one in told:
                headline = one_line(str(one["headline"])[:60], self._out.bidi)
                text = times.localised("; ".join(one["messages"]), self._out.now)
                self._out.note(f"{mark} {headline}: {text}", style=style)
        names = {"repeated": "already imported"}
        said = [f"{count:,} {names.get(name, name)}" for name, count in counts.items() if count]
        said += [f"{unread:,} not readable"] if unread else []
        if said:
            self._out.say(", ".join(said))

    def _failed(self, message: str, *, gone: bool) -> int:
        """Count a failure and say it, once for each message."""
        from ticker.imports.watch_step import failed

        self._state = failed(self._state)
        if message != self._said:
            self._said = message
            if self._out.as_json:
                self._out.json({"type": "failure", "message": message, "gone": gone})
            else:
                self._out.note(f"✗ {self._url}: {message}", style="yellow")
        return options.REFUSED if gone else options.UNREACHABLE

    def _load(self) -> tuple[WatchState, bool]:
        """Return the state that was kept, and whether there was none."""
        from ticker.imports.watch_step import WatchState

        try:
            return WatchState.read(self._file.read_bytes()), False
        except FileNotFoundError:
            return WatchState(), True
        except (OSError, ValueError) as error:
            self._out.note(f"{self._file} cannot be read ({error}); beginning anew", style="yellow")
            return WatchState(), False

    def _save(self) -> None:
        """Keep the state: the whole of it, or what was there before."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            new = self._file.with_suffix(".new")
            new.write_bytes(self._state.encoded())
            os.replace(new, self._file)
        except OSError as error:
            self._failed(f"{self._file}: {error.strerror or error}", gone=False)


def _append(file: Path, lines: list[Draft]) -> None:
    with file.open("ab") as target:
        target.write(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        target.flush()
        os.fsync(target.fileno())


async def _until(ended: asyncio.Event, most: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(most):
            await ended.wait()
