"""``ticker conformance``: a real newsroom follows the protocol, and other servers do not."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Newsroom
from tests.cli.test_commands import unused_address
from tests.support.http_server import Answer, answering
from ticker.conformance.cases import CASES

pytestmark = pytest.mark.processes

PROTOCOL = (Path(__file__).parents[2] / "PROTOCOL.md").read_text()


def test_this_server_follows_the_protocol(newsroom: Newsroom) -> None:
    for number in range(3):
        newsroom.publish(f"Ferry {number} is back in service")
    result = newsroom.ticker("conformance", "--json")
    wrong = [one for one in result.json["cases"] if one["wrong"]]
    assert (wrong, result.code) == ([], 0)
    assert len(result.json["cases"]) == len(CASES)


def test_a_server_that_is_not_there_is_one_message(newsroom: Newsroom) -> None:
    result = newsroom.ticker("conformance", unused_address())
    assert (result.code, result.out) == (3, "")
    assert result.err.count("connection refused") == 1


async def test_another_server_fails_every_case(newsroom: Newsroom) -> None:
    names = [one.name for one in CASES[:3]]
    chosen = [part for name in names for part in ("--case", name)]
    async with answering(*[Answer(404, {})] * 9) as web:
        result = await asyncio.to_thread(newsroom.ticker, "conformance", web.url, *chosen)
    assert result.code == 1
    assert result.out.count("✗") == 3
    assert "0 of 3 cases passed" in result.out


@pytest.mark.parametrize("address", ["", "nonsense", "http://[", "http://a.example:80a0"])
def test_a_wrong_address_is_named(newsroom: Newsroom, address: str) -> None:
    result = newsroom.ticker("conformance", address)
    assert result.code == 2
    assert f"URL: {address!r} is not an http or https address" in result.err
    if address:
        assert "TICKER_URL" in newsroom.ticker("conformance", TICKER_URL=address).err


def test_each_case_names_a_section_of_the_protocol() -> None:
    sections = re.findall(r"^## ([0-9]+)\. ", PROTOCOL, re.MULTILINE)
    assert {case.section for case in CASES} <= set(sections)
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(case.run.__doc__ for case in CASES)
