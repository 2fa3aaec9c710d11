"""Something new for every command to act on, and a key of each role."""

from __future__ import annotations

import json
import os
import re
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from tests.support.command_line import Done, run_command
from tests.support.pictures import saved, striped

ROLES = ("reporter", "editor", "chief")
HOOK = "https://hook.example/"
LATER = "2099-01-01T00:00:00Z"
TEMPLATE = {
    "title": "Earthquake",
    "edition": "en",
    "level": "ticker",
    "headline": "Earthquake near {place}",
}


class Desk:
    """A newsroom with a key of each role, and something new for every command to act on."""

    def __init__(self, url: str, key: str, folder: Path, feed: str) -> None:
        chief = {"authorization": f"Bearer {key}"}
        self.http = httpx.Client(base_url=url, headers=chief, timeout=30)
        self.url = url
        self.feed = lambda: feed
        self._folder = folder
        self._file = folder / "quay.png"
        self._file.write_bytes(saved(striped(33, 17), "PNG"))
        self._number = count()
        self._made: list[str] = []
        self._person = ""
        self.keys = {role: self._key(role) for role in ROLES}
        self.arabic = {role: self._key(role, "ar") for role in ROLES}

    def close(self) -> None:
        """Delete what other tests count."""
        added = [one["id"] for one in self._hooks() if one["url"] == HOOK]
        for path in (*self._made, *(f"/v1/webhooks/{id}" for id in added)):
            self.http.delete(path)
        self.http.close()

    def run(self, words: str, key: str) -> Done:
        environment = {"TICKER_URL": self.url, "TICKER_CONFIG": os.devnull, "TICKER_KEY": key}
        return run_command(words.split(" "), environment)

    def prepared(self, words: str) -> str:
        """Return the command with something new to act on in the place of each name in braces."""
        return re.sub(r"{(\w+)}", lambda one: str(getattr(self, one[1])()), words)

    def state(self) -> Any:
        """Return all that a refused command could have changed; the audit names other changes."""
        lists = "items?limit=200 items?state=draft&limit=200 items?state=scheduled&limit=200 media"
        more = "templates people wires webhooks audit?limit=1"
        state: Any = {path: self._ask("GET", path) for path in f"{lists} {more}".split()}
        state["wires"] = [(one["name"], one["url"]) for one in state["wires"]["wires"]]
        state["webhooks"] = [(one["id"], one["filter"]) for one in self._hooks()]
        return state

    def text(self) -> str:
        return f"Ferry-{next(self._number)}-resumes"

    def name(self) -> str:
        """Return a name for a template, a story, a wire or an account; it is deleted at the end."""
        name = f"role-{next(self._number)}"
        self._made += [f"/v1/{kind}/{name}" for kind in ("templates", "wires", "people")]
        return name

    def live(self, **fields: Any) -> str:
        item = {"headline": self.text(), "edition": "en", "force": True} | fields
        return str(self._ask("POST", "items", item)["item"]["id"])

    def flash(self) -> str:
        return self.live(level="flash")

    def pinned(self) -> str:
        return self.live(pinned=True)

    def draft(self) -> str:
        return self.live(draft=True)

    def draft_flash(self) -> str:
        return self.live(draft=True, level="flash")

    def scheduled(self, level: str = "ticker") -> str:
        return self.live(at=LATER, level=level)

    def scheduled_flash(self) -> str:
        return self.scheduled("flash")

    def waiting(self) -> str:
        return self.live(undo_window=10)

    def retracted(self) -> str:
        id = self.live()
        self._ask("POST", f"items/{id}/retract", {"reason": "wrong"})
        return id

    def file(self) -> Path:
        return self._file

    def picture(self) -> str:
        """Return the id of the picture in the file: to make another takes long."""
        files = {"file": ("quay.png", self._file.read_bytes())}
        made = self.http.post("/v1/media", data={"alt": "A quay"}, files=files)
        return str(made.raise_for_status().json()["id"])

    def lines(self) -> Path:
        path = self._folder / f"lines{next(self._number)}.ndjson"
        path.write_text(json.dumps({"headline": self.text(), "edition": "en"}) + "\n")
        return path

    def template_file(self) -> Path:
        path = self._folder / "template.json"
        path.write_text(json.dumps(TEMPLATE))
        return path

    def template(self) -> str:
        name = self.name()
        self._ask("PUT", f"templates/{name}", TEMPLATE)
        return name

    def story(self) -> str:
        name = self.name()
        self._ask("PUT", f"stories/{name}/texts/en", {"title": "The harbour"})
        return name

    def person(self) -> str:
        """Return the name of an account, the same every time: to make one takes long."""
        if not self._person:
            self._person = self.name()
            self._ask("POST", "people", {"name": self._person, "role": "reporter"})
        return self._person

    def wire(self) -> str:
        name = self.name()
        self._ask("POST", "wires", {"name": name, "url": f"https://localhost:9/{name}"})
        return name

    def webhook(self) -> str:
        return str(self._ask("POST", "webhooks", {"url": HOOK, "filter": {"edition": "es"}})["id"])

    def _key(self, role: str, *editions: str) -> str:
        made = self._ask("POST", "keys", {"name": role, "role": role, "editions": editions})
        self._made.append(f"/v1/keys/{made['id']}")
        return str(made["key"])

    def _hooks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask("GET", "webhooks")["webhooks"]
        return found

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        return self.http.request(method, f"/v1/{path}", json=body).raise_for_status().json()
