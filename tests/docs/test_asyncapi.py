"""The AsyncAPI document: real traffic fits it, and its names are those of the code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator

from tests.gateway.hub_harness import HubHarness
from tests.support.in_memory import InMemoryNewsroom
from ticker.gateway.query_parser import TYPES, Change
from ticker.stream import frames

DOCUMENT = json.loads((Path(__file__).parents[2] / "docs" / "asyncapi.json").read_text())
MESSAGES = DOCUMENT["components"]["messages"]


def fits(message: dict[str, Any]) -> None:
    """Raise if ``message`` is not as the document says, or has a member that it does not name."""
    payload = MESSAGES[message["type"]]["payload"]
    schema = {**payload, "components": DOCUMENT["components"], "additionalProperties": False}
    Draft7Validator(schema).validate(message)


def test_messages_of_a_real_conversation_fit() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    picture = {"href": "https://news.example/a.jpg", "type": "image/jpeg", "alt": "A ferry"}
    harness.hub.advance([news.publish(f"Line {n}", media=[picture]) for n in range(205)])
    one = harness.connect("backlog=all&sections=politics&after=foreign")
    several = harness.connect("sub.1=section%3Dpolitics&sub.2=backlog%3Dall")
    first = news.publish("Budget passes", sections=["politics"], level="flash")
    harness.hub.advance([first])
    harness.hub.advance([news.change(first.item_id, sections=[], correction="Not yet")])
    harness.hub.advance([news.pin(first.item_id), news.retract(first.item_id)])
    harness.hub.change(several, [Change(1, None)])
    harness.pass_time(30)
    one.goodbye("drain", 100, 500)
    one.send("error", frames.error("full", "try again"))
    one.send("token_expiring", frames.token("token_expiring", 60))
    one.send("token_accepted", frames.token("token_accepted", None))
    one.send("error", frames.error("bad_filter", "unknown edition", 3))
    one.warn("ignored")
    one.write()
    seen = set()
    for message in (*one.messages(), *several.messages()):
        fits(message)
        seen.add(message["type"])
    assert seen == set(MESSAGES) - set(TYPES)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "ping"},
        {"type": "unsubscribe", "id": 3},
        {"type": "token", "token": "a.b.c"},
        {"type": "subscribe", "filter": {"edition": ["en"], "level": "urgent"}, "backlog": "all"},
        {"type": "subscribe", "id": 3, "filter": {"not": {"tag": "x"}, "any": [{"story": "y"}]}},
    ],
)
def test_messages_of_a_client_fit_and_are_understood(message: dict[str, Any]) -> None:
    fits(message)
    HubHarness().query_parser.from_message(orjson.dumps(message))


def test_every_message_has_its_channels() -> None:
    assert set(TYPES) <= set(MESSAGES)
    sockets = DOCUMENT["channels"]["websocket"]["messages"]
    assert set(sockets) == set(MESSAGES)
    answers = {"token_accepted"}  # a client of an event stream sends nothing
    streams = set(DOCUMENT["channels"]["events"]["messages"])
    assert streams == set(MESSAGES) - set(TYPES) - answers
    for operation in DOCUMENT["operations"].values():
        for message in operation["messages"]:
            *_, channel, _, name = message["$ref"].split("/")
            assert name in DOCUMENT["channels"][channel]["messages"]
