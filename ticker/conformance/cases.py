"""The cases: each is a rule of PROTOCOL.md that a client can observe without publishing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson
from websockets.typing import Subprotocol

from ticker.conformance.connection import Server, Wrong

Run: TypeAlias = Callable[[Server], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Case:
    """A rule, the section of PROTOCOL.md that states it, and its check, which raises Wrong."""

    name: str
    section: str
    run: Run


CASES: list[Case] = []


def case(section: str) -> Callable[[Run], Run]:
    """Register a check under its own name."""

    def register(run: Run) -> Run:
        CASES.append(Case(run.__name__.replace("_", "-"), section, run))
        return run

    return register


def expect(holds: object, text: str) -> None:
    """Raise Wrong with ``text`` unless ``holds``."""
    if not holds:
        raise Wrong(text)


TRIES = 3
FOREIGN = "not-a-cursor-of-this-system"


@case("3")
async def cursor_is_short_and_safe_in_a_url(server: Server) -> None:
    """Cursors have at most 64 characters and need no escaping."""
    async with server.socket("backlog=0") as socket:
        cursor = (await socket.receive("welcome"))["cursor"]
    expect(len(cursor) <= 64, f"a cursor of {len(cursor)} characters")
    expect(all(c.isalnum() or c in "-._~" for c in cursor), f"cursor {cursor!r} needs escaping")


@case("3")
async def cursor_is_valid_on_every_transport(server: Server) -> None:
    """A WebSocket's cursor resumes an event stream and a poll."""
    async with server.socket("backlog=0") as socket:
        cursor = (await socket.receive("welcome"))["cursor"]
    (lines,) = await server.events(f"after={cursor}", enough=1)
    mode = _data(lines)["mode"]
    expect(mode in ("live", "replay"), f"an event stream resumes in mode {mode}")
    mode = (await server.get(f"/v1/items?after={cursor}")).json()["mode"]
    expect(mode in ("live", "replay"), f"a poll resumes in mode {mode}")


@case("3")
async def unreadable_cursor_gets_a_reset(server: Server) -> None:
    """A cursor of another system is answered by a snapshot with reset and reason."""
    async with server.socket(f"after={FOREIGN}") as socket:
        welcome = await socket.receive()
        _reset(welcome)
        expect((await socket.receive())["type"] == "snapshot", "no snapshot after the welcome")
    _reset((await server.get(f"/v1/items?after={FOREIGN}")).json())


def _reset(answer: dict[str, Any]) -> None:
    found = answer.get("mode"), answer.get("reset"), answer.get("reason")
    expect(found == ("snapshot", True, "unreadable"), f"mode, reset, reason: {found}")


@case("4")
async def welcome_is_first_and_a_snapshot_follows(server: Server) -> None:
    """Without `after` a subscription begins with a snapshot."""
    async with server.socket("backlog=3") as socket:
        welcome = await socket.receive()
        expect(welcome["type"] == "welcome", f"the first message is {welcome['type']}")
        expect(welcome["mode"] == "snapshot" and not welcome["reset"], f"{welcome}")
        expect(welcome["heartbeat"] > 0, "no heartbeat interval")
        snapshot = await socket.receive()
        expect(snapshot["type"] == "snapshot", f"{snapshot['type']} after the welcome")
        expect(len(snapshot["items"]) <= 3, "more items than the backlog")


@case("4")
async def backlog_0_begins_live(server: Server) -> None:
    """With `backlog=0` a subscription begins without items."""
    async with server.socket("backlog=0") as socket:
        mode = (await socket.receive("welcome"))["mode"]
    expect(mode == "live", f"mode {mode}")


@case("4")
async def names_and_values_in_any_case(server: Server) -> None:
    """Neither the case of names nor of values counts."""
    async with server.socket("LEVEL=Flash&BACKLOG=0") as socket:
        await socket.receive("welcome")


@case("4")
async def unknown_parameter_is_ignored_and_told(server: Server) -> None:
    """An unknown parameter gets a warning; a cache buster gets none."""
    async with server.socket("colour=red&backlog=0") as socket:
        expect((await socket.receive())["type"] == "warning", "no warning before the welcome")
        await socket.receive("welcome")
    async with server.socket("_=17&utm_source=x&backlog=0") as socket:
        expect((await socket.receive())["type"] == "welcome", "a cache buster is told")


@case("4")
async def wrong_value_is_bad_filter_and_4400(server: Server) -> None:
    """An unknown level is refused with `bad_filter`."""
    async with server.socket("level=loudest") as socket:
        _ends(await socket.ending(), ("bad_filter", 4400))
    status = (await server.get("/v1/items?level=loudest")).status_code
    expect(status == 400, f"status {status} to a poll")


def _ends(found: tuple[str, int | None], expected: tuple[str, int]) -> None:
    expect(found == expected, f"error and close code {found}, not {expected}")


@case("5")
async def snapshot_is_in_display_order(server: Server) -> None:
    """Pinned items first, then by time and id, the greatest first; each item once."""
    async with server.socket("backlog=200") as socket:
        items = (await socket.receive("snapshot"))["items"]
    keys = [(item["pinned"], item["published_at"], item["id"]) for item in items]
    expect(keys == sorted(keys, reverse=True), "the snapshot is not in display order")
    expect(len({item["id"] for item in items}) == len(items), "an item comes twice")


@case("5")
async def item_has_its_members(server: Server) -> None:
    """A complete item has the members that the text lists, and no others."""
    async with server.socket("backlog=1") as socket:
        items = (await socket.receive("snapshot"))["items"]
    names = (
        *("id", "version", "status", "level", "edition", "language", "dir", "headline", "summary"),
        *("speaker", "source", "sections", "regions", "tags", "story", "link", "media"),
        *("verification", "published_at", "updated_at", "expires_at", "pinned", "correction"),
    )
    for item in items:
        missing = [name for name in names if name not in item]
        expect(not missing, f"missing members: {', '.join(missing)}")


@case("5")
async def pages_are_the_whole_board_at_one_cursor(server: Server) -> None:
    """`backlog=all`: pages with one cursor until one without `more`."""
    async with server.socket("backlog=all") as socket:
        page = await socket.receive("snapshot")
        cursor, ids = page["cursor"], [item["id"] for item in page["items"]]
        while page.get("more"):
            page = await socket.receive("page")
            expect(page["cursor"] == cursor, "a page with another cursor")
            ids += [item["id"] for item in page["items"]]
    expect(len(ids) == len(set(ids)), "an item comes twice")


@case("6")
async def ping_is_answered_with_a_heartbeat(server: Server) -> None:
    """The server answers `ping` if the reader is up to date."""
    async with server.socket("backlog=0") as socket:
        await socket.receive("welcome")
        await socket.send({"type": "ping"})
        expect((await socket.receive("heartbeat"))["cursor"], "a heartbeat without a cursor")


@case("6")
async def subscribe_replaces_in_place(server: Server) -> None:
    """`subscribe` is answered like a new subscription."""
    async with server.socket("backlog=0") as socket:
        await socket.receive("welcome")
        await socket.send({"type": "subscribe", "filter": {"level": "flash"}, "backlog": 1})
        expect((await socket.receive("welcome"))["mode"] == "snapshot", "no snapshot")
        await socket.receive("snapshot")


@case("6")
async def subscriptions_with_ids_share_a_connection(server: Server) -> None:
    """Subscriptions begin and end by themselves, and messages name them."""
    async with server.socket("sub.1=level%3Dflash%26backlog%3D0") as socket:
        expect((await socket.receive("welcome")).get("subs") == [1], "no subs in the welcome")
        await socket.send({"type": "subscribe", "id": 7, "filter": {"not": {"tag": "x"}}})
        expect((await socket.receive("welcome")).get("subs") == [7], "no subs in the welcome")
        expect((await socket.receive("snapshot")).get("sub") == 7, "no sub in the snapshot")
        await socket.send({"type": "unsubscribe", "id": 1})
        expect((await socket.receive("unsubscribed")).get("subs") == [1], "not unsubscribed")


@case("6")
async def subprotocol_is_accepted(server: Server) -> None:
    """The server accepts `ticker.v1` if it is offered."""
    async with server.socket("backlog=0", subprotocols=server.ticker_v1()) as socket:
        expect(socket.subprotocol == "ticker.v1", f"subprotocol {socket.subprotocol}")


@case("6")
async def compression_changes_no_message(server: Server) -> None:
    """A client that offers permessage-deflate gets what one without it gets, and can send it."""
    for _ in range(TRIES):  # an event may come between the two
        async with (
            server.socket("", compression=None) as plain,
            server.socket("", compression="deflate") as other,
        ):
            expected = [await plain.receive("welcome"), await plain.receive("snapshot")]
            found = [await other.receive("welcome"), await other.receive("snapshot")]
            await other.send({"type": "ping"})
            await other.receive("heartbeat")
            if expected[1]["cursor"] == found[1]["cursor"]:
                expect(found == expected, "other messages with compression")
                return
    raise Wrong(f"never the same cursor in {TRIES} tries")


@case("6")
async def unknown_message_is_bad_request(server: Server) -> None:
    """Anything but the known messages ends the connection."""
    for message, expected in (
        ({"type": "publish"}, ("bad_request", 4400)),
        ("garbage", ("bad_request", 4400)),
        (b"\x00", ("bad_message", 4400)),
        ("x" * 9_000, ("too_large", 4413)),
    ):
        async with server.socket("backlog=0") as socket:
            await socket.receive("welcome")
            await socket.send(message)
            _ends(await socket.ending(), expected)


@case("6")
async def too_many_messages_are_4429(server: Server) -> None:
    """More than 20 messages in ten seconds end the connection."""
    async with server.socket("backlog=0") as socket:
        await socket.receive("welcome")
        for _ in range(25):
            await socket.send({"type": "ping"})
        _ends(await socket.ending(), ("too_fast", 4429))


@case("6")
async def new_token_is_answered(server: Server) -> None:
    """A server that protects nothing accepts any token; another one refuses what is none."""
    async with server.socket("backlog=0") as socket:
        await socket.receive("welcome")
        await socket.send({"type": "token", "token": "no-token"})
        answer = await socket.receive("token_accepted", "error")
        if answer["type"] == "token_accepted":
            expect(answer["expires_in"] is None, f"accepted for {answer['expires_in']} seconds")
        else:
            expect(answer["code"] == "invalid_token", f"error {answer['code']}")
            expect((await socket.ending())[1] == 4401, "the close code is not 4401")


@case("6")
async def token_is_no_subprotocol_of_the_answer(server: Server) -> None:
    """A token that is offered beside `ticker.v1` is not repeated."""
    offered = [*server.ticker_v1(), Subprotocol("ticker.token.no-token")]
    async with server.socket("backlog=0", subprotocols=offered) as socket:
        expect(socket.subprotocol == "ticker.v1", f"subprotocol {socket.subprotocol}")


@case("7")
async def plain_request_to_the_websocket_is_426(server: Server) -> None:
    """A request that is no handshake is answered by a status."""
    status = (await server.get("/v1/ws")).status_code
    expect(status == 426, f"status {status}")


@case("9")
async def every_block_has_an_event_and_data(server: Server) -> None:
    """`retry:` is a line of the first event; the type is that of the message."""
    blocks = await server.events("backlog=1", enough=2)
    expect(any(line.startswith("retry:") for line in blocks[0]), "no retry in the first event")
    for lines in blocks:
        kind = next((line[7:] for line in lines if line.startswith("event: ")), None)
        expect(kind == _data(lines)["type"], f"event {kind} with {_data(lines)['type']}")
    expect(f"id: {_data(blocks[-1])['cursor']}" in blocks[-1], "no id in the snapshot")


@case("9")
async def last_event_id_takes_precedence(server: Server) -> None:
    """The header, and `lastEventId`, override `after`."""
    (lines,) = await server.events("backlog=0", enough=1)
    cursor = _data(lines)["cursor"]
    for query, headers in (
        (f"after={FOREIGN}", {"Last-Event-ID": cursor}),
        (f"after={FOREIGN}&lastEventId={cursor}", {}),
    ):
        (lines,) = await server.events(query, enough=1, **headers)
        expect(not _data(lines)["reset"], "the older cursor counts")


def _data(lines: list[str]) -> dict[str, Any]:
    data = next((line[6:] for line in lines if line.startswith("data: ")), None)
    expect(data is not None, f"a block without data: {lines}")
    return dict(orjson.loads(data or "{}"))


@case("10")
async def poll_has_an_etag_and_answers_304(server: Server) -> None:
    """A poll with the ETag of the last answer gets 304 if nothing is new."""
    first = await server.get("/v1/items?limit=1")
    expect("etag" in first.headers and "cache-control" in first.headers, "no ETag")
    again = await server.get("/v1/items?limit=1", **{"If-None-Match": first.headers["etag"]})
    expect(again.status_code in (200, 304), f"status {again.status_code}")
    if again.status_code == 200:
        expect(again.headers["etag"] != first.headers["etag"], "200 with the same ETag")


@case("10")
async def poll_pages_have_one_cursor(server: Server) -> None:
    """The `page` of a snapshot leads to the items that follow, at the same cursor."""
    answer = (await server.get("/v1/items?limit=1")).json()
    if "page" in answer:
        following = (await server.get(f"/v1/items?limit=1&page={answer['page']}")).json()
        expect(following["cursor"] == answer["cursor"] or following["reset"], "another cursor")
        ids = {item["id"] for item in (*answer["items"], *following["items"])}
        expect(following["reset"] or len(ids) == 2, "the page repeats an item")


@case("11")
async def control_character_in_the_path_is_400(server: Server) -> None:
    """A path with a percent-encoded control character is refused."""
    status = (await server.get("/v1/items%0d%0ax")).status_code
    expect(status == 400, f"status {status}")
