"""httpx-sse, with the retry loop of its documentation."""

import json
import sys
import time

import httpx
from httpx_sse import connect_sse

last = ""
with httpx.Client(timeout=httpx.Timeout(5, read=60)) as client:
    while True:
        headers = {"Last-Event-ID": last} if last else {}
        address = sys.argv[1] + "/v1/events?backlog=0"
        try:
            with connect_sse(client, "GET", address, headers=headers) as source:
                for event in source.iter_sse():
                    message = json.loads(event.data)
                    if event.event == "item":
                        print(message["item"]["id"], flush=True)
                    last = event.id
        except httpx.TransportError:
            time.sleep(0.2)
