"""HTTP publish → WebSocket client: the time from an editor's request to a reader's screen.

    ticker up --data DIR --port 8000 &
    python -m benchmarks.latency --url http://127.0.0.1:8000 --data DIR

Publishes one line at a time, waits for it on a WebSocket, and takes the time from before the POST
is sent to after the frame is received, both in this process. Prints p50, p99 and the longest.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import uvloop
from websockets.asyncio.client import connect


async def measure(url: str, key: str, count: int, pause: float) -> list[float]:
    """Return milliseconds from POST to frame of ``count`` publishes, in order.

    The request goes over a plain kept-open connection: what an HTTP library costs is not measured.
    """
    times: list[float] = []
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    stream = connect(url.replace("http", "ws", 1) + "/v1/ws?edition=en&backlog=0", compression=None)
    async with stream as ws:
        await ws.recv()
        for number in range(count + 10):
            draft = {"headline": f"Ferry {number} leaves on time", "edition": "en", "force": True}
            body = orjson.dumps(draft)
            request = (
                f"POST /v1/items HTTP/1.1\r\nHost: {place.netloc}\r\n"
                f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            ).encode() + body
            begun = time.perf_counter()
            writer.write(request)
            while b'"type":"item"' not in await ws.recv(decode=False):
                pass
            taken = (time.perf_counter() - begun) * 1000
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 201 "), answer
            length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            if number >= 10:  # connections and scripts are warm
                times.append(taken)
            await asyncio.sleep(pause)
    writer.close()
    return times


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--data", type=Path, default=Path(".ticker"))
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--pause", type=float, default=0.01)
    args = parser.parse_args()
    key = (args.data / "key").read_text().strip()
    times = sorted(uvloop.run(measure(args.url, key, args.count, args.pause)))
    p50, p99 = statistics.median(times), times[int(len(times) * 0.99) - 1]
    print(f"{len(times)} publishes: p50 {p50:.2f} ms, p99 {p99:.2f} ms, longest {times[-1]:.2f} ms")


if __name__ == "__main__":
    main()
