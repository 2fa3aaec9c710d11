"""aiohttp's WebSocket client."""

import asyncio
import sys

import aiohttp


async def main() -> None:
    after = ""
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                address = f"{sys.argv[1]}/v1/ws?backlog=0&after={after}"
                async with session.ws_connect(address, compress=15) as socket:
                    async for received in socket:
                        message = received.json()
                        if message["type"] == "item":
                            print(message["item"]["id"], flush=True)
                        if message["type"] != "welcome" or message["mode"] == "live":
                            after = message.get("cursor", after)
            except (OSError, aiohttp.ClientError):
                pass
            await asyncio.sleep(0.2)


asyncio.run(main())
