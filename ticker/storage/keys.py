"""Names of all Redis keys. They share one hash tag, so that a cluster keeps them together."""

from __future__ import annotations

import hashlib


class Keys:
    """Key names of one newsroom. All start with ``{namespace}:``, braces included."""

    def __init__(self, namespace: str, stage: str = "") -> None:
        """``stage`` sets the keys apart from those of the newsroom: a restore prepares them so."""
        self.namespace = namespace
        self.prefix = f"{{{namespace}}}:{stage}"
        self.schema = self.prefix + "schema"
        """Integer: the version of the form of all this (``storage.schema``)."""
        self.wire = self.prefix + "wire"
        """Stream: every released editorial event; the source of truth."""
        self.live = self.prefix + "live"
        """Stream: the public lane, with the wire's ids."""
        self.dead = self.prefix + "dead"
        """Stream: wire entries that could not be fanned out, and why."""
        self.epochs = self.prefix + "epochs"
        """Hash: the lane's epoch, the server that began it, and where earlier epochs ended."""
        self.floor = self.prefix + "floor"
        """Stream id of the newest entry that was trimmed from the lane."""
        self.current = self.prefix + "current"
        """Hash: item id → ``<lane id> <lane record>`` of every item that the lane shows now."""
        self.write_check = self.prefix + "check:write"
        """String: written only to see whether the server accepts writes, and replicates them."""
        self.heartbeat = self.prefix + "heartbeat"
        """Hash: when the newest heartbeat reached the wire and the lane, and its ids."""
        self.latest = self.prefix + "latest"
        """Sorted set: newest items of any state by creation time, bounded."""
        self.published = self.prefix + "published"
        """Sorted set: items whose state is live, by publication time."""
        self.stories = self.prefix + "stories"
        """Hash: story → ms of its last change and its texts; ``''`` counts the changes."""
        self.due = self.prefix + "due"
        """Sorted set: scheduled items by release time."""
        self.drafts = self.prefix + "drafts"
        """Sorted set: drafts by the time of their last change, without those of the wire desk."""
        self.wire_drafts = self.prefix + "wire_drafts"
        """Sorted set: drafts as feeds wrote them, by the time of their last change; bounded."""
        self.audit = self.prefix + "audit"
        """Stream: who did what, without texts of items; only appended to."""
        self.expiry = self.prefix + "expiry"
        """Sorted set: live items by the time at which they expire."""
        self.scan = self.prefix + "scan"
        """Cursor of the sweep through all items."""
        self.reads_since = self.prefix + "reads:since"
        """Hash: window → landmark of its ranking, ms since 1970."""
        self.audience = self.prefix + "audience"
        """Hash: gateway process → seconds of Redis' clock and its counts of readers, as JSON."""
        self.templates = self.prefix + "templates"
        """Hash: name → template, as JSON; at most 200."""
        self.processes = self.prefix + "processes"
        """Hash: server process → seconds of Redis' clock, and how far it has read the lane."""
        self.editors = self.prefix + "editors"
        """Hash: SHA-256 of an editor key → its holder."""
        self.editors_used = self.prefix + "editors_used"
        """Hash: key id → milliseconds of its last use, to the minute."""
        self.accounts = self.prefix + "accounts"
        """Hash: a person's name in lower case → the account, with the password's hash."""
        self.passkey_secret = self.prefix + "passkey_secret"
        """Random bytes that the challenges of passkeys are sealed with."""
        self.media = self.prefix + "media"
        """Sorted set: pictures that can be used, by the time of their upload."""
        self.media_due = self.prefix + "media:due"
        """Sorted set: pictures that nobody has used yet or that are to be deleted, by when."""
        self.media_bytes = self.prefix + "media:bytes"
        """Bytes of all stored pictures."""
        self.media_secret = self.prefix + "media:secret"
        """Random bytes that the ids of pictures are made with, so that nobody can guess one."""
        self.jobs = self.prefix + "jobs"
        """arq's queue of what keeps the newsroom itself in order."""
        self.push_shards = self.prefix + "push:shards"
        """Hash: ``provider/topic`` → number of shards opened so far."""
        self.push_bytes = self.prefix + "push:bytes"
        """Hash: provider → estimated bytes of its subscriptions."""
        self.push_unknown = self.prefix + "push:unknown"
        """Hash: host of an unknown push service → its subscriptions; ``*``: all of them."""
        self.push_unproven = self.prefix + "push:unproven"
        """Sorted set: subscriptions at unknown services that never accepted a message, by the time
        of registration in ms."""
        self.push_unproven_failures = self.prefix + "push:unproven_failures"
        """Hash: such a subscription → messages that failed for good."""
        self.push_totals = self.prefix + "push:totals"
        """Hash: ``provider:outcome`` → count since the newsroom exists, for Prometheus."""
        self.push_latest = self.prefix + "push:latest"
        """Hash: ``provider:event|first|last``: the newest alert and its acceptances, in ms."""
        self.push_workers = self.prefix + "push:workers"
        """Hash: ``provider:since|seen``: first and last sign of its workers, in ms."""
        self.push_dry_runs = self.prefix + "push:dry_runs"
        """Hash: ``provider:succeeded|attempted|error``: its last dry runs, in ms."""
        self.push_flash = self.prefix + "push:flash"
        """Sorted set: unfinished flash jobs by the time until which others wait for them."""

        self.websub_positions = self.prefix + "websub:positions"
        """Hash: WebSub hub → the lane id up to which it was notified."""
        self.wires = self.prefix + "wires"
        """Hash: feed of the wire desk → its settings."""
        self.wire_states = self.prefix + "wire_states"
        """Hash: feed of the wire desk → how the looks at it went."""
        self.wires_due = self.prefix + "wires_due"
        """Sorted set: feeds of the wire desk by the time of the next look."""
        self.wires_lease = self.prefix + "wires_lease"
        """The lease of the worker that looks at the feeds of the wire desk."""
        self.groups = self.prefix + "groups"
        """Hash: consumer group of the lane → the newest lane id it has acknowledged."""

        self.webhook_jobs = self.prefix + "webhooks:jobs"
        """arq's queue of webhooks: one job for each wake-up of an endpoint."""
        self.webhooks = self.prefix + "webhooks"
        """Hash: webhook endpoint → its record."""
        self.webhook_wake = self.prefix + "webhooks:wake"
        """List: the wake queue, endpoints that an editor has changed; bounded."""
        self.webhooks_waiting = self.prefix + "webhooks:waiting"
        """Hash: endpoint whose server is away → ms of its last try, and the server's origin."""
        self.webhook_totals = self.prefix + "webhooks:totals"
        """Hash: outcome of deliveries → count over all endpoints."""

    def alerts(self, edition: str) -> str:
        """Return the sorted set of an edition's newest alerts: ``item level`` by time, bounded."""
        return f"{self.prefix}alerts:{edition}"

    def lock(self, item: str) -> str:
        """Return the key that holds the name of the editor who is editing an item."""
        return f"{self.prefix}lock:{item}"

    def session(self, digest: str) -> str:
        """Return the key of the session whose secret has this SHA-256, in hex."""
        return f"{self.prefix}session:{digest}"

    def sessions_of(self, holder: str) -> str:
        """Return the sorted set of the sessions of one account or key, by when they end."""
        return f"{self.prefix}sessions:{hashlib.sha256(holder.encode()).hexdigest()[:32]}"

    def reads(self, window: str) -> str:
        """Return the sorted set of what is read most, by a score that decays forward."""
        return f"{self.prefix}reads:{window}"

    def reads_by(self, process: str) -> str:
        """Return where the number of the last counts of one process is kept."""
        return f"{self.prefix}reads:by:{process}"

    def websub_lease(self, hub: str) -> str:
        """Return the key of the lease of the worker that notifies ``hub``."""
        return f"{self.prefix}websub:lease:{hub}"

    def wire_seen(self, feed: str) -> str:
        """Return where the entries of a feed that were seen are kept, as JSON."""
        return f"{self.prefix}wire_seen:{feed}"

    def push_jobs(self, provider: str) -> str:
        """Return arq's queue of one provider: one job for each shard and event.

        Each provider has its own, so that
        one which answers slowly holds no other up.
        """
        return f"{self.prefix}push:jobs:{provider}"

    def push_subscriptions(self, provider: str) -> str:
        """Return the hash of a provider's subscriptions: id → record."""
        return f"{self.prefix}push:subscriptions:{provider}"

    def push_placements(self, provider: str) -> str:
        """Return the hash of their placements: id → ``topic#shard topic#shard!…``."""
        return f"{self.prefix}push:placements:{provider}"

    def push_quarantine(self, provider: str) -> str:
        """Return the hash of a provider's quarantined subscriptions: id → record."""
        return f"{self.prefix}push:quarantine:{provider}"

    def push_shard(self, name: str) -> str:
        """Return the sorted set (by id, all scores 0) of the subscriptions in one shard."""
        return f"{self.prefix}push:shard:{name}"

    def push_open_shards(self, topic: str) -> str:
        """Return the set of a topic's shards, by number, that lost members and have room."""
        return f"{self.prefix}push:open_shards:{topic}"

    def push_alert(self, item: str) -> str:
        """Return an item's ``push.model.alert_decision.AlertRecord``, as JSON."""
        return f"{self.prefix}push:alert:{item}"

    def push_collapse(self, key: str) -> str:
        """Return the alert record that was sent last under a collapse key, as JSON."""
        return f"{self.prefix}push:collapse:{key}"

    def push_progress(self, event: str, shard: str) -> str:
        """Return the hash of the progress of one event in one shard."""
        return f"{self.prefix}push:progress:{event}:{shard}"

    def push_stop(self, provider: str) -> str:
        """Return the stop of a provider, as JSON; absent while it runs."""
        return f"{self.prefix}push:stop:{provider}"

    def push_gone(self, provider: str) -> str:
        """Return the hash of its servers' answers that devices are gone: server → watch."""
        return f"{self.prefix}push:gone:{provider}"

    def push_gone_confirmed(self, provider: str) -> str:
        """Return the operator's confirmation that refused devices may go: present for a day."""
        return f"{self.prefix}push:gone_confirmed:{provider}"

    def push_rate(self, provider: str) -> str:
        """Return the end of the last lease of its rate, in µs since 1970."""
        return f"{self.prefix}push:rate:{provider}"

    def push_dry_run_claim(self, provider: str, what: str) -> str:
        """Return the claim of a dry run: present until the provider's next one is due."""
        return f"{self.prefix}push:dry_run_claim:{provider}:{what}"

    def receipts(self, item: str) -> str:
        """Return the hash of an item's receipts: push and webhooks.

        ``provider:kind:outcome`` are counts over all events of a kind; of the newest of them are
        ``…:event`` (lane id), ``…:jobs`` and ``…:done`` (shards), ``…:first`` and ``…:last``
        (acceptances, ms since 1970). Webhooks have ``webhooks:…``, without a kind.
        """
        return f"{self.prefix}receipts:{item}"

    def live_receipts(self, item: str) -> str:
        """Return the hash of an item's live receipts: ``process action`` → receipt, as JSON."""
        return f"{self.prefix}live_receipts:{item}"

    def webhook(self, endpoint: str) -> str:
        """Return the hash of the delivery state of ``endpoint``."""
        return f"{self.prefix}webhook:{endpoint}"

    def webhook_lease(self, endpoint: str) -> str:
        """Return the lease of ``endpoint``: the token of the worker that delivers to it."""
        return f"{self.prefix}webhook:{endpoint}:lease"

    def webhook_failed(self, endpoint: str) -> str:
        """Return the list of the failed events of ``endpoint``, newest first; bounded."""
        return f"{self.prefix}webhook:{endpoint}:failed"

    def media_record(self, id: str) -> str:
        """Return the hash of one picture: state, bytes, and its record as JSON."""
        return f"{self.prefix}media:record:{id}"

    def item(self, id: str) -> str:
        """Return the hash of one item: doc, version, state, wire (id of its last event), and while
        it is out how often it was read (opens, shares).
        """
        return f"{self.prefix}item:{id}"

    def log(self, id: str) -> str:
        """Return the list of one item's wire ids, oldest first; its lane ids are the same."""
        return f"{self.prefix}log:{id}"

    def audit_texts(self, id: str) -> str:
        """Hash: audit entry of an item → its texts before and after, as JSON."""
        return f"{self.prefix}audit_texts:{id}"

    def private(self, id: str) -> str:
        """Return the list of one item's versions that readers must not know, oldest first."""
        return f"{self.prefix}private:{id}"

    def content(self, key: str) -> str:
        """Return where the item that holds the content key ``key`` is named."""
        return f"{self.prefix}content:{key}"

    def idem(self, by: str, key: str) -> str:
        """Return where the answer to editor ``by``'s request ``key`` is kept."""
        digest = hashlib.sha256(f"{by}\0{key}".encode()).hexdigest()[:32]
        return f"{self.prefix}idem:{digest}"

    def own_answer(self, key: str) -> str:
        """Return where the answer is kept to a request with a random ``key`` of 32 hex digits."""
        return f"{self.prefix}idem:{key}"
