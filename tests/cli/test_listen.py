"""The receiver of ``ticker webhooks listen``: forged, large and slow requests are refused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.http_server import Answer, answering
from ticker.cli.listen import DeliveryPrinter
from ticker.cli.output import Output
from ticker.cli.receiver import BODY_MAX, Receiver
from ticker.webhooks.signature import headers, new_secret

SECRET = new_secret(bytes(range(64)))
BODY = (
    b'{"type":"item.retract","timestamp":"2026-11-24T10:00:00.000Z","data":{"item":{"id":"a",'
    b'"version":2,"status":"canceled","edition":"en","updated_at":"2026-11-24T10:00:00.000Z"}}}'
)


@pytest.fixture
async def listener(capsys: pytest.CaptureFixture[str]) -> DeliveryPrinter:
    return DeliveryPrinter(Output(), None)


@pytest.fixture
async def receiver(listener: DeliveryPrinter) -> AsyncIterator[Receiver]:
    receiver = Receiver(0, listener.handle)
    receiver.start()
    yield receiver
    await receiver.stop()


async def post(receiver: Receiver, body: bytes, given: dict[str, str]) -> int:
    async with httpx.AsyncClient() as http:
        return (await http.post(receiver.url, content=body, headers=given)).status_code


def signed(body: bytes = BODY) -> dict[str, str]:
    return headers([SECRET], "evt_1-0", int(time.time()), body)


async def test_a_signed_delivery_is_shown(
    listener: DeliveryPrinter, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    listener.begin(SECRET.secret)
    assert await post(receiver, BODY, signed()) == 204
    assert "item.retract" in capsys.readouterr().out
    assert listener.seen == 1


async def test_a_delivery_is_shown_with_the_notice_of_its_correction(
    listener: DeliveryPrinter, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    listener.begin(SECRET.secret)
    body = BODY.replace(b"item.retract", b"item.publish").replace(
        b'"status":"canceled"',
        b'"status":"usable","headline":"Ferry sails","correction":{"text":"Withdrawn by mistake"}',
    )
    assert await post(receiver, body, signed(body)) == 204
    said, notice = capsys.readouterr().out.splitlines()
    assert "item.publish  Ferry sails" in said
    assert notice.strip() == "Withdrawn by mistake"


async def test_a_forged_delivery_is_refused(
    listener: DeliveryPrinter, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    listener.begin(SECRET.secret)
    assert await post(receiver, BODY + b" ", signed()) == 400
    assert await post(receiver, BODY, {}) == 400
    assert await post(receiver, b"no json", signed(b"no json")) == 400
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.count("✗ refused") == 3
    assert listener.seen == 0


async def test_an_invalid_delivery_is_refused(
    listener: DeliveryPrinter, receiver: Receiver
) -> None:
    listener.begin(SECRET.secret)
    async with httpx.AsyncClient() as http:
        assert (await http.get(receiver.url)).status_code == 501
    for length in (str(BODY_MAX + 1), "-5", "many"):
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(receiver.url).port)
        writer.write(f"POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n".encode())
        assert (await reader.readline()).split()[1] == b"413"
        writer.close()
    assert listener.seen == 0


async def test_it_answers_as_the_other_server_does() -> None:
    async with answering(Answer(422, b""), Answer(200, b"")) as other:
        listener = DeliveryPrinter(Output(as_json=True), other.url + "/in")
        listener.begin(SECRET.secret)
        assert await listener.handle(signed(), BODY) == 422
        assert await listener.handle(signed(), BODY) == 200
        assert [one.body for one in other.asked] == [BODY, BODY]
        assert other.asked[0].headers["webhook-signature"].startswith("v1,")
    assert await listener.handle(signed(), BODY) == 502
