"""Short ids: their form, what they mean, and the messages about unclear ones."""

from __future__ import annotations

import pytest

from tests.client.messages import item
from tests.support.http_server import Answer, answering
from ticker.cli.item_ids import full_id, meant, short_forms
from ticker.client import Editor, Item, Refused

A, B, C = "01k9zq0000000000000000ab12", "01k9zr0000000000000000cd12", "01k9zr000000000000000abc7x"
WAITING = "01k9zs0000000000000000ef34"


def test_short_forms_are_as_long_as_they_must_be() -> None:
    assert short_forms([A, B, C]) == ["00ab12", "00cd12", "0abc7x"]
    assert short_forms(["0" * 18 + "a1234567", "0" * 18 + "b1234567"]) == ["a1234567", "b1234567"]
    assert short_forms([A, A]) == ["00ab12", "00ab12"]
    assert short_forms([]) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [("ab12", [A]), ("01k9zr", [B, C]), ("01k9zq", [A]), ("zq00", []), (C, [C])],
)
def test_the_beginning_or_the_end_is_meant(text: str, found: list[str]) -> None:
    items = [Item.read(item(id)) for id in (A, B, C)]
    assert [one.id for one in meant(text, items)] == found


async def test_an_id_is_looked_up_among_the_newest_items() -> None:
    listing = Answer(200, {"cursor": None, "items": [item(id) for id in (A, B, C)]})
    nothing = Answer(200, {"mode": "page", "items": [], "next": None})
    waiting = Answer(200, {"cursor": None, "items": [item(id) for id in (C, WAITING)]})
    answers = [listing, waiting, waiting] * 4 + [nothing]
    async with answering(*answers) as web, Editor(web.url, "tk_key") as client:
        assert await full_id(client, "AB12") == A
        assert await full_id(client, "ef34") == WAITING, "it is scheduled"
        with pytest.raises(Refused, match="2 items have an id that begins or ends with") as unclear:
            await full_id(client, "01k9zr")
        assert [(one.field, one.message) for one in unclear.value.errors] == [
            (B, f"Headline of {B}"),
            (C, f"Headline of {C}"),
        ]
        with pytest.raises(Refused, match="no id of the newest items begins or ends with zzzz"):
            await full_id(client, "zzzz")
        first, *_, last = [one.path for one in web.asked]
        assert first == "/v1/items?limit=200&all=true"
        assert last.startswith("/v1/items?limit=100&before=9999")
        with pytest.raises(Refused, match="at least 4 characters"):
            await full_id(client, "b12")
        assert await full_id(client, A.upper()) == A
        assert await full_id(client, "../x") == "../x"
        assert len(web.asked) == 13, "these need no request"
