"""Faults leave the loop free to read answers while they are taken back."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from tests.chaos.faults import FAULTS
from tests.chaos.schedule import Planned
from tests.support.waiting import SECONDS


class Store:
    """A store whose end takes until the loop has had a turn."""

    def __init__(self) -> None:
        self.turned = threading.Event()
        self.done: list[str] = []

    def copy_files(self) -> str:
        self.done.append("copy")
        return "copy"

    def kill(self) -> None:
        assert self.turned.wait(SECONDS), "nobody reads an answer meanwhile"
        self.done.append("kill")

    def put_files(self, files: str) -> None:
        self.done.append(f"put {files}")

    def start(self) -> None:
        self.done.append("start")


class Newsroom:
    """A newsroom that has nothing but its store."""

    def __init__(self) -> None:
        self.store = Store()


async def test_answers_of_before_are_read_while_an_old_file_is_restored() -> None:
    newsroom: Any = Newsroom()
    planned = Planned("restore an old file", at=0.0, lasts=0.0, draw=0.0)
    async with FAULTS["restore an old file"].inject(newsroom, planned):
        assert newsroom.store.done == ["copy"]
        asyncio.get_running_loop().call_soon(newsroom.store.turned.set)
    assert newsroom.store.done == ["copy", "kill", "put copy", "start"]
