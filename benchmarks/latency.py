"""HTTP publish → WebSocket client: how long an editor's line takes to a screen.

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

import httpx
import orjson
import uvloop
from websockets.asyncio.client import connect


async def measure(url: str, key: str, count: int, pause: float) -> list[float]:
    """Return milliseconds from POST to frame of ``count`` publishes, in order."""
    times: list[float] = []
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    stream = connect(url.replace("http", "ws", 1) + "/v1/ws?edition=en&backlog=0", compression=None)
    async with httpx.AsyncClient(base_url=url, headers=headers) as http, stream as ws:
        await ws.recv()
        for number in range(count + 10):
            draft = {"headline": f"Ferry {number} leaves on time", "edition": "en", "force": True}
            body = orjson.dumps(draft)
            begun = time.perf_counter()
            answer = asyncio.create_task(http.post("/v1/items", content=body))
            while orjson.loads(await ws.recv())["type"] != "item":
                pass
            taken = (time.perf_counter() - begun) * 1000
            assert (await answer).status_code == 201
            if number >= 10:  # connections and scripts are warm
                times.append(taken)
            await asyncio.sleep(pause)
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
