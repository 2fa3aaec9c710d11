"""websockets: `async for` over `connect` reconnects, at an address that is made anew."""

import asyncio
import json
import sys

import websockets


async def main() -> None:
    after = ""
    while True:
        address = sys.argv[1].replace("http", "ws", 1) + f"/v1/ws?backlog=0&after={after}"
        try:
            async with websockets.connect(address, open_timeout=2) as socket:
                async for data in socket:
                    message = json.loads(data)
                    if message["type"] == "item":
                        print(message["item"]["id"], flush=True)
                    if message["type"] != "welcome" or message["mode"] == "live":
                        after = message.get("cursor", after)
        except (OSError, TimeoutError, websockets.WebSocketException):
            await asyncio.sleep(0.2)


asyncio.run(main())
