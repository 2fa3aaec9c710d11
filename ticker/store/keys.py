"""The names of everything we keep in Redis. One hash tag, so that a cluster keeps it together."""

from __future__ import annotations

import hashlib


class Keys:
    """Key names of one newsroom. All start with ``{namespace}:``, braces included."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.prefix = f"{{{namespace}}}:"
        self.wire = self.prefix + "wire"
        """Stream: every released editorial event; the source of truth."""
        self.live = self.prefix + "live"
        """Stream: the public lane, with the wire's ids."""
        self.dead = self.prefix + "dead"
        """Stream: wire entries that could not be fanned out, and why."""
        self.epoch = self.prefix + "epoch"
        """Integer: grows whenever the lane's history is rewritten."""
        self.floor = self.prefix + "floor"
        """Stream id of the newest entry that was trimmed from the lane."""
        self.board = self.prefix + "board"
        """Hash: item id → ``<lane id> <lane record>`` of every item that is out in the lane."""
        self.beat = self.prefix + "beat"
        """Present while this interval's heartbeat has been sent."""
        self.pulse = self.prefix + "pulse"
        """Hash: when the newest heartbeat reached the wire and the lane, and its ids."""
        self.latest = self.prefix + "latest"
        """Sorted set: newest items of any state by creation time, bounded."""
        self.out = self.prefix + "out"
        """Sorted set: items whose state is live, by publication time."""
        self.due = self.prefix + "due"
        """Sorted set: scheduled items by release time."""
        self.expiry = self.prefix + "expiry"
        """Sorted set: live items by the time at which they expire."""
        self.scan = self.prefix + "scan"
        """Cursor of the sweep through all items."""
        self.reads_since = self.prefix + "reads:since"
        """Hash: window → landmark of its ranking, ms since 1970."""
        self.editors = self.prefix + "editors"
        """Hash: SHA-256 of an editor key → who holds it."""
        self.jobs = self.prefix + "jobs"
        """arq's queue."""

        self.bridges = self.prefix + "bridges"
        """arq's queue of what goes out to others: push and webhooks."""

        self.announced = self.prefix + "announced"
        """Hash: WebSub hub → the lane id up to which it was told."""
        self.webhooks = self.prefix + "webhooks"
        """Hash: webhook endpoint → its record."""
        self.webhooks_due = self.prefix + "webhooks:due"
        """Stream: endpoints that the desk wants looked at now, bounded."""
        self.webhooks_totals = self.prefix + "webhooks:totals"
        """Hash: what became of deliveries, counted over all endpoints."""

    def reads(self, window: str) -> str:
        """Return the sorted set of what is read most, by a score that decays forward."""
        return f"{self.prefix}reads:{window}"

    def reads_by(self, process: str) -> str:
        """Return where the number of the last counts of one process is kept."""
        return f"{self.prefix}reads:by:{process}"

    def turn(self, hub: str) -> str:
        """Return where the worker that tells ``hub`` is named, for as long as it lives."""
        return f"{self.prefix}turn:{hub}"

    def webhook(self, endpoint: str) -> str:
        """Return the hash of how far ``endpoint`` is, and how it goes."""
        return f"{self.prefix}webhook:{endpoint}"

    def webhook_lease(self, endpoint: str) -> str:
        """Return where the one who delivers to ``endpoint`` is named, while it does."""
        return f"{self.prefix}webhook:{endpoint}:lease"

    def webhook_failed(self, endpoint: str) -> str:
        """Return the list of what was given up for ``endpoint``, newest first, bounded."""
        return f"{self.prefix}webhook:{endpoint}:failed"

    def item(self, id: str) -> str:
        """Return the hash of one item: doc, version, state, wire (id of its last event), and while
        it is out how often it was read (opens, shares).
        """
        return f"{self.prefix}item:{id}"

    def log(self, id: str) -> str:
        """Return the list of one item's wire ids, oldest first; its lane ids are the same."""
        return f"{self.prefix}log:{id}"

    def content(self, key: str) -> str:
        """Return where the item that holds the content key ``key`` is named."""
        return f"{self.prefix}content:{key}"

    def idem(self, by: str, key: str) -> str:
        """Return where the answer to editor ``by``'s request ``key`` is kept."""
        digest = hashlib.sha256(f"{by}\0{key}".encode()).hexdigest()[:32]
        return f"{self.prefix}idem:{digest}"
