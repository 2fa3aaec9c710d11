"""Short ids: their form, what they mean, and the messages about unclear ones."""

from __future__ import annotations

import pytest

from tests.client.messages import item
from tests.support.http_server import Answer, answering
from ticker.cli.item_ids import full_id, short_forms
from ticker.client import Editor, Refused

A, B, C = "01k9zq0000000000000000ab12", "01k9zr0000000000000000cd12", "01k9zr000000000000000abc7x"


def test_short_forms_are_as_long_as_they_must_be() -> None:
    assert short_forms([A, B, C]) == ["00ab12", "00cd12", "0abc7x"]
    assert short_forms(["0" * 18 + "a1234567", "0" * 18 + "b1234567"]) == ["a1234567", "b1234567"]
    assert short_forms([A, A]) == ["00ab12", "00ab12"]
    assert short_forms([]) == []


async def test_the_newsroom_is_asked_for_the_items_with_a_part() -> None:
    def found(*ids: str) -> Answer:
        return Answer(200, {"items": [item(id) for id in ids]})

    many = [f"{number:026}" for number in range(20)]
    answers = [found(A), found(B, C), found(), found(*many)]
    async with answering(*answers) as web, Editor(web.url, "tk_key") as client:
        assert await full_id(client, "AB12") == A
        with pytest.raises(Refused, match="2 items have an id that begins or ends with") as unclear:
            await full_id(client, "01k9zr")
        assert [(one.field, one.message) for one in unclear.value.errors] == [
            (B, f"Headline of {B}"),
            (C, f"Headline of {C}"),
        ]
        with pytest.raises(Refused, match="no id of an item begins or ends with zzzz"):
            await full_id(client, "zzzz")
        assert [one.path for one in web.asked] == ["/v1/ids/ab12", "/v1/ids/01k9zr", "/v1/ids/zzzz"]
        with pytest.raises(Refused, match="at least 4 characters"):
            await full_id(client, "b12")
        assert await full_id(client, A.upper()) == A
        assert len(web.asked) == 3, "a whole id needs no request"
        with pytest.raises(Refused, match="More than 10 items have an id") as unclear:
            await full_id(client, "0000")
        assert len(unclear.value.errors) == 10


@pytest.mark.parametrize("text", ["", " ", "../x", "é", "a" * 25 + "%"])
async def test_what_cannot_be_an_id_is_not_asked_for(text: str) -> None:
    """The answer was "no resource at /v1/ids/; see /docs for the API"."""
    async with answering() as web, Editor(web.url, "tk_key") as client:
        with pytest.raises(Refused, match="is no id"):
            await full_id(client, text)
        assert web.asked == []
