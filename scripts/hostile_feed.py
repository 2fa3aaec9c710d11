"""Let `ticker watch` follow a hostile feed server for a while, and compare what was published.

    python -m scripts.hostile_feed --seconds 600

It starts a newsroom of its own, a feed server that answers wrongly most of the time, and a watch
that is killed now and then. The exit code is 1 if an entry was published twice, is missing, has a
text that the feed never had, or had one after a newer one; or if the watch wrote a traceback.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter, defaultdict
from contextlib import suppress
from email.utils import formatdate
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

WATCH = ("watch", "--edition", "en", "--every", "5", "--tag", "watched")
SHOWN = 30
"""Entries of the feed: an entry is gone once 30 newer ones were sent whole."""
START = 1_795_000_000
WORDS = (
    "Ferry",
    "Tram",
    "Bridge",
    "Harbour",
    "Museum",
    "Storm",
    "Market",
    "Stadium",
    "Park",
    "Pier",
)
PLACES = (
    "north",
    "south",
    "island",
    "river",
    "castle",
    "station",
    "garden",
    "valley",
    "coast",
    "hill",
)


class Feed:
    """Entries that are added and reworded, and the answers with them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.entries: list[tuple[str, str, int]] = []
        self.said: dict[str, list[str]] = defaultdict(list)
        """Every title that an entry has had, by its id."""
        self.sent: dict[str, str] = {}
        """The titles of the last answer that was sent whole."""
        self.ever_sent: set[str] = set()
        self.answers: Counter[str] = Counter()
        self.hostile = True
        self.copies: list[tuple[bytes, str]] = []
        self.clock = START
        self.change()

    def change(self) -> None:
        """Add entries, and reword one."""
        self.clock += 60
        for _ in range(self.random.randint(1, 2)):
            number = len(self.said)
            title = f"{WORDS[number % 10]} {number}: {PLACES[number // 10 % 10]} closed, day 0"
            self.entries.insert(0, (f"e-{number}", title, self.clock))
            self.said[f"e-{number}"].append(title)
        if self.random.random() < 0.6:
            place = self.random.randrange(min(8, len(self.entries)))
            guid, title, moment = self.entries[place]
            title = f"{title.rpartition(' ')[0]} {len(self.said[guid])}"
            self.entries[place] = (guid, title, moment)
            self.said[guid].append(title)
        del self.entries[SHOWN:]

    def document(self, kind: str = "") -> bytes:
        """Return the feed as RSS, in one of the ways that feeds are spelled."""
        entries = list(self.entries)
        if kind == "shuffled":
            self.random.shuffle(entries)
        if kind == "doubled":
            entries += entries[:5]
        parts = [
            f"<item><title>{escape(title)}</title><guid isPermaLink='false'>{guid}</guid>"
            f"<pubDate>{self._date(moment, kind)}</pubDate></item>"
            for guid, title, moment in entries
        ]
        encoding = "utf-16" if kind == "utf-16" else "utf-8"
        head = f"<?xml version='1.0' encoding='{encoding}'?>" * (kind != "undeclared")
        text = (
            f"{head}<rss version='2.0'><channel><title>Harbour Wire</title>"
            f"<link>https://harbour.example/</link><language>en_GB</language>{''.join(parts)}"
            "</channel></rss>"
        )
        return text.encode(encoding)

    def _date(self, moment: int, kind: str) -> str:
        if kind == "dates":
            return self.random.choice(("", "0000-00-00 00:00:00", "soon", "31 Feb 2026 10:00 CET"))
        return formatdate(moment, usegmt=True)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request well or badly."""
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            await self._answer(head, writer)
        writer.close()

    async def _answer(self, head: str, writer: asyncio.StreamWriter) -> None:
        good = ("plain", "plain", "plain", "gzip", "shuffled", "doubled", "utf-16", "undeclared")
        bad = (
            *(
                "drop",
                "cut",
                "short",
                "503",
                "404",
                "page",
                "loop",
                "elsewhere",
                "bad-gzip",
                "bomb",
            ),
            *("empty", "no-entries", "garbage", "entities", "slow", "stale", "not-modified"),
        )
        kind = self.random.choice((*good, "dates") if self.random.random() < 0.6 else bad)
        if " /more " in head or not self.hostile:
            kind = "plain"
        self.answers[kind] += 1
        if kind in good or kind == "dates":
            await self._whole(kind, writer)
        else:
            await self._broken(kind, writer, conditional="if-modified-since" in head)

    async def _whole(self, kind: str, writer: asyncio.StreamWriter) -> None:
        body = self.document(kind)
        self.copies.append((body, formatdate(self.clock, usegmt=True)))
        headers = {"Last-Modified": formatdate(self.clock, usegmt=True)}
        if kind == "gzip":
            body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
        self.sent = {guid: title for guid, title, _ in self.entries}
        self.ever_sent |= set(self.sent)
        await _write(writer, 200, body, headers)
        # An entry can only be lost if it was sent, so the feed goes on after a whole answer alone.
        self.change()

    async def _broken(self, kind: str, writer: asyncio.StreamWriter, conditional: bool) -> None:
        body, text = self.document(), {"Content-Type": "text/html"}
        match kind:
            case "cut":
                await _write(writer, 200, body[: len(body) * 2 // 3], {})
            case "short":
                await _write(writer, 200, body[: len(body) // 2], {}, length=len(body))
            case "503":
                await _write(writer, 503, b"", {"Retry-After": "2"})
            case "404":
                await _write(writer, 404, b"<rss>", {})
            case "page":
                await _write(writer, 200, b"<html><title>Log in</title><p>Log in.</p></html>", text)
            case "loop":
                await _write(writer, 302, b"", {"Location": "/feed"})
            case "elsewhere":
                where = self.random.choice(("/more", "file:///etc/passwd", "ftp://a.example/", ""))
                await _write(writer, 302, b"", {"Location": where})
            case "bad-gzip":
                packed = gzip.compress(body)[: len(body) // 8]
                await _write(writer, 200, packed, {"Content-Encoding": "gzip"})
            case "bomb":
                packed = gzip.compress(b"<rss>" + b" " * 50_000_000)
                await _write(writer, 200, packed, {"Content-Encoding": "gzip"})
            case "no-entries":
                await _write(writer, 200, b"<rss version='2.0'><channel/></rss>", {})
            case "garbage":
                await _write(writer, 200, self.random.randbytes(5_000), {})
            case "entities":
                entities = b"<!DOCTYPE r [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;'>]>"
                await _write(writer, 200, entities + b"<rss><channel>&b;</channel></rss>", {})
            case "slow":
                with suppress(ConnectionError):
                    for byte in b"HTTP/1.1 200 OK\r\nX: slow":
                        writer.write(bytes([byte]))
                        await writer.drain()
                        await asyncio.sleep(0.1)
            case "stale" if self.copies:
                # A cache that is behind, and says so.
                old, modified = self.random.choice(self.copies[-20:])
                await _write(writer, 200, old, {"Last-Modified": modified})
            case "not-modified" if conditional:
                await _write(writer, 304, b"", {})
            case _:  # "empty", and what cannot be answered now
                await _write(writer, 200, b"", {})


async def _write(
    writer: asyncio.StreamWriter,
    status: int,
    body: bytes,
    headers: dict[str, str],
    length: int | None = None,
) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {size}\r\nConnection: close\r\n{lines}\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


async def watched(url: str, newsroom: dict[str, str], seconds: float, chance: random.Random) -> str:
    """Run `ticker watch`, killed every 15 to 45 seconds, and return what it wrote to stderr."""
    loop = asyncio.get_running_loop()
    ended = loop.time() + seconds
    said: list[str] = []
    while (left := ended - loop.time()) > 0:
        watch = await _ticker(newsroom, *WATCH, url)
        reading = asyncio.ensure_future(watch.communicate())
        await asyncio.wait([reading], timeout=min(left, chance.uniform(15, 45)))
        if reading.done():
            said.append(f"Traceback: the watch ended by itself, exit code {watch.returncode}\n")
        else:
            watch.kill()
        said.append((await reading)[1].decode("utf-8", "replace"))
    return "".join(said)


def faults(feed: Feed, events: list[dict[str, Any]], said: str) -> list[str]:
    """Return what is doubled, lost or untrue."""
    published: Counter[str] = Counter()
    titles: dict[str, list[str]] = defaultdict(list)
    for event in events:
        item = event["item"]
        if event["action"] == "publish":
            published[item["headline"].split(":")[0]] += 1
        titles[item["id"]].append(item["headline"])
    found = [f"{name}: published {n} times" for name, n in published.items() if n > 1]
    by_name = {had[0].split(":")[0]: (guid, had) for guid, had in feed.said.items()}
    for seen in titles.values():
        guid, had = by_name.get(seen[0].split(":")[0], ("", []))
        places = [had.index(title) if title in had else -1 for title in seen]
        if -1 in places or places != sorted(set(places)):
            found.append(f"{guid}: {seen} of {had}")
    last = {seen[-1] for seen in titles.values()}
    found += [
        f"{guid}: {title!r} is missing" for guid, title in feed.sent.items() if title not in last
    ]
    known = {seen[0].split(":")[0] for seen in titles.values()}
    names = {guid: had[0].split(":")[0] for guid, had in feed.said.items()}
    found += [f"{guid} was lost" for guid in feed.ever_sent if names[guid] not in known]
    return found + [line for line in said.splitlines() if "Traceback" in line]


def report(feed: Feed, lane: bytes, said: str) -> int:
    """Print the figures and the faults; return the exit code."""
    events = [one for one in map(json.loads, lane.splitlines()) if one.get("type") == "item"]
    found = faults(feed, events, said)
    actions = Counter(event["action"] for event in events)
    texts = Counter(line.partition("feed: ")[2] or line for line in said.splitlines())
    print(f"answers: {sum(feed.answers.values())} {dict(feed.answers)}")
    print(f"entries: {len(feed.said)}, titles: {sum(map(len, feed.said.values()))}")
    print(f"events: {dict(actions)}")
    print("said:", *(f"{number} x {text[:110]}" for text, number in texts.items()), sep="\n  ")
    print("\n".join(found) or "nothing doubled, nothing lost, nothing untrue")
    return 1 if found else 0


async def main(seconds: float, seed: int, folder: Path) -> int:
    """Run newsroom, feed and watch, and report."""
    data = str(folder / "data")
    up = await _ticker({}, "up", "--data", data, "--port", "0", "--json")
    assert up.stdout is not None
    newsroom = {"TICKER_URL": json.loads(await up.stdout.readline())["url"], "TICKER_DATA": data}
    tail = await _ticker(newsroom, "tail", "--tag", "watched", "--json")
    lane = asyncio.ensure_future(tail.communicate())
    feed = Feed(seed)
    server = await asyncio.start_server(feed.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed"
    said = await watched(url, newsroom, seconds, random.Random(seed))
    feed.hostile = False
    once = await _ticker(newsroom, *WATCH, "--once", url)
    await once.communicate()
    await asyncio.sleep(2)  # for the tail
    tail.send_signal(signal.SIGINT)
    events = (await lane)[0]
    up.send_signal(signal.SIGINT)
    await up.wait()
    server.close()
    return report(feed, events, said)


async def _ticker(newsroom: dict[str, str], *words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ticker", *words),
        env=os.environ | newsroom,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE if words[0] == "watch" else asyncio.subprocess.DEVNULL,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Let ticker watch follow a hostile feed server.")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(asyncio.run(main(given.seconds, given.seed, Path(folder))))
