"""The users of Redis: what each role of Ticker may read, change and call.

``ticker acl`` prints them. A process that is taken over can do with Redis what its user can, so the
gateway, which speaks with everybody, has a user that reads the public lane and nothing else. It
may check an editor key that it was sent.

A script declares its keys (``KEYS``), and Redis 7 asks for reading and writing of all of them,
whatever the script does. So every user may call scripts on any key of the newsroom, in a selector
that has no other command; each command inside a script is checked against the user's rules like one
from outside (redis.io, ACL, "Selectors" and "Key permissions").
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias, get_args

from ticker.storage.keys import Keys

RoleName: TypeAlias = Literal["gateway", "web", "stream", "delivery", "archive", "cli"]
ROLES: tuple[RoleName, ...] = get_args(RoleName)

PURPOSE: dict[RoleName, str] = {
    "gateway": "ticker serve --role gateway: the public lane, read only",
    "web": "ticker serve: API, site, feeds and console",
    "stream": "ticker work --only stream",
    "delivery": "ticker work --only delivery",
    "archive": "ticker work --only archive: the public lane, read only",
    "cli": "ticker keys and ticker doctor",
}


class Row(NamedTuple):
    """Access of the roles to the keys of one pattern: ``r`` to read, ``w`` to change.

    With ``a`` a role appends to a stream, with ``t`` it takes off the old end; ``r`` beside them
    reads the entries. Such a role can do nothing else with the stream.
    """

    pattern: str
    gateway: str
    web: str
    stream: str
    delivery: str
    cli: str
    archive: str = ""


def key_table(keys: Keys) -> list[Row]:
    """Return who may do what with which keys."""
    every = "*"
    return [
        # gateway, web, stream, delivery, cli, archive
        Row(keys.live, "r", "rw", "rw", "rw", "", "r"),
        Row(keys.current, "r", "rw", "rw", "", "", "r"),
        Row(keys.schema, "r", "rw", "rw", "rw", "r", "r"),
        Row(keys.epochs, "rw", "rw", "rw", "rw", "", "r"),
        Row(keys.write_check, "", "rw", "rw", "", "rw"),
        Row(keys.floor, "r", "rw", "rw", "r", "", "r"),
        Row(keys.heartbeat, "r", "rw", "rw", "r", ""),
        Row(keys.wire, "", "rw", "rw", "r", ""),
        Row(keys.dead, "", "rw", "rw", "", ""),
        Row(keys.groups, "", "", "", "rw", ""),
        Row(keys.item(every), "", "rw", "rw", "r", ""),
        Row(keys.log(every), "", "rw", "rw", "", ""),
        Row(keys.private(every), "", "rw", "rw", "", ""),
        Row(keys.latest, "", "rw", "rw", "", ""),
        Row(keys.published, "", "rw", "rw", "", ""),
        Row(keys.stories, "", "rw", "", "", ""),
        Row(keys.due, "", "rw", "rw", "", ""),
        Row(keys.drafts, "", "rw", "rw", "", ""),
        Row(keys.wire_drafts, "", "rw", "rw", "", ""),
        Row(keys.expiry, "", "rw", "rw", "", ""),
        Row(keys.alerts(every), "", "rw", "rw", "", ""),
        Row(keys.audit, "", "ra", "at", "", "a"),
        Row(keys.audit_texts(every), "", "rw", "rw", "", ""),
        Row(keys.content(every), "", "rw", "rw", "", ""),
        Row(keys.prefix + "idem:*", "", "rw", "rw", "", ""),
        Row(keys.scan, "", "", "rw", "", ""),
        Row(keys.editors, "", "rw", "", "", "rw"),
        Row(keys.editors_used, "", "rw", "", "", "rw"),
        Row(keys.accounts, "", "rw", "", "", ""),
        Row(keys.passkey_secret, "", "rw", "", "", ""),
        Row(keys.session(every), "", "rw", "", "", ""),
        Row(keys.prefix + "sessions:*", "", "rw", "", "", ""),
        Row(keys.lock(every), "", "rw", "", "", ""),
        Row(keys.reads(every), "", "rw", "rw", "", ""),
        Row(keys.audience, "rw", "r", "", "", ""),
        Row(keys.templates, "", "rw", "", "", ""),
        Row(keys.processes, "rw", "rw", "", "", ""),
        Row(keys.live_receipts(every), "rw", "r", "", "", ""),
        Row(keys.websub_positions, "", "r", "rw", "", ""),
        Row(keys.websub_lease(every), "", "", "rw", "", ""),
        Row(keys.wires, "", "rw", "rw", "", ""),
        Row(keys.wire_states, "", "rw", "rw", "", ""),
        Row(keys.wires_due, "", "rw", "rw", "", ""),
        Row(keys.wires_lease, "", "", "rw", "", ""),
        Row(keys.wire_seen(every), "", "rw", "rw", "", ""),
        Row(keys.receipts(every), "", "r", "", "rw", ""),
        Row(keys.push_subscriptions(every), "", "rw", "", "rw", ""),
        Row(keys.push_placements(every), "", "rw", "", "rw", ""),
        Row(keys.push_quarantine(every), "", "rw", "", "rw", ""),
        Row(keys.push_shards, "", "rw", "", "r", ""),
        Row(keys.push_shard(every), "", "rw", "", "rw", ""),
        Row(keys.push_open_shards(every), "", "rw", "", "rw", ""),
        Row(keys.push_totals, "", "r", "", "rw", ""),
        Row(keys.push_latest, "", "r", "", "rw", ""),
        Row(keys.push_workers, "", "r", "", "rw", ""),
        Row(keys.push_dry_runs, "", "r", "", "rw", ""),
        Row(keys.push_dry_run_claim(every, every), "", "", "", "rw", ""),
        Row(keys.push_bytes, "", "rw", "", "rw", ""),
        Row(keys.push_unknown, "", "rw", "", "rw", ""),
        Row(keys.push_unproven, "", "rw", "", "rw", ""),
        Row(keys.push_unproven_failures, "", "rw", "", "rw", ""),
        Row(keys.push_gone(every), "", "rw", "", "rw", ""),
        Row(keys.push_gone_confirmed(every), "", "rw", "", "rw", ""),
        Row(keys.push_rate(every), "", "", "", "rw", ""),
        Row(keys.push_stop(every), "", "rw", "", "rw", ""),
        Row(keys.push_flash, "", "", "", "rw", ""),
        Row(keys.push_alert(every), "", "", "", "rw", ""),
        Row(keys.push_collapse(every), "", "", "", "rw", ""),
        Row(keys.push_progress(every, every), "", "", "", "rw", ""),
        Row(keys.webhooks, "", "rw", "", "rw", ""),
        Row(keys.webhook(every), "", "rw", "", "rw", ""),
        Row(keys.webhook_wake, "", "rw", "", "rw", ""),
        Row(keys.webhooks_waiting, "", "rw", "", "rw", ""),
        Row(keys.webhook_totals, "", "r", "", "rw", ""),
        Row(keys.media, "", "rw", "", "", ""),
        Row(keys.media_due, "", "rw", "", "", ""),
        Row(keys.media_bytes, "", "rw", "", "", ""),
        Row(keys.media_secret, "", "rw", "", "", ""),
        Row(keys.media_record(every), "", "rw", "r", "", ""),
        # arq's queues, on the server of the jobs. Its own keys have no namespace.
        Row(keys.jobs + every, "", "", "rw", "", ""),
        Row(keys.push_jobs(every), "", "r", "", "rw", ""),
        Row(keys.webhook_jobs + every, "", "", "", "rw", ""),
        Row("arq:" + every, "", "", "rw", "rw", ""),
    ]


_CONNECTION = "auth cluster|nodes hello ping select info time multi exec discard watch unwatch"
_SCRIPTS = "eval evalsha eval_ro evalsha_ro script|load"
_LANE = "get hvals hmget hget hgetall hkeys hlen exists xread xrange xrevrange xinfo|stream"
# @blocking stands for WAITAOF, which Redis has since 7.2: an older one refuses rules that name it.
_WAIT = "wait @blocking config|get"
_ITEMS = (
    "xadd xdel xsetid rpush lrange set del hset hdel pexpire zadd zrem zrange zremrangebyrank "
    "zcard xlen ltrim zremrangebyscore persist"
)
_ARQ = (
    "psetex setex incrby expire zrangebyscore zremrangebyscore zscore zincrby zadd zcard zrange "
    "zrem dbsize del set pexpire"
)

_ON_STREAMS = "at"
_STREAM_COMMANDS = {
    "a": ("xadd",),
    "r": ("xrange", "xrevrange"),
    "t": ("xlen", "xrange", "xtrim"),
}
"""Commands of each access to a stream that is only appended to."""

COMMANDS: dict[RoleName, str] = {
    "gateway": f"{_CONNECTION} {_SCRIPTS} {_LANE} set hset hdel del pexpire",
    "web": (
        f"{_CONNECTION} {_SCRIPTS} {_LANE} {_WAIT} {_ITEMS} hgetall hlen hincrby hkeys zincrby "
        "zrangebyscore zremrangebyscore zunionstore srandmember srem sadd unlink zrevrank zscore "
        "mget pttl getdel"
    ),
    "stream": (
        f"{_CONNECTION} {_SCRIPTS} {_LANE} {_WAIT} {_ITEMS} {_ARQ} xtrim hkeys zrandmember scan "
        "hincrby pttl"
    ),
    "delivery": (
        f"{_CONNECTION} {_SCRIPTS} {_LANE} {_ARQ} xreadgroup xack xautoclaim xgroup|create "
        "xgroup|delconsumer xinfo|consumers hset hsetnx hdel hgetall hlen hincrby hexists zcount "
        "zlexcount zrangebylex zremrangebyrank sadd blpop lpop lpush rpush ltrim lrange pttl"
    ),
    "archive": f"{_CONNECTION} {_LANE}",
    "cli": f"{_CONNECTION} {_WAIT} acl|dryrun set hset hsetnx hget hgetall hkeys hlen hdel",
}
"""Commands by role, beside those of its scripts."""


def user_name(keys: Keys, role: RoleName) -> str:
    """Return the name of a role's user; newsrooms that share a server have users of their own."""
    return f"{keys.namespace}-{role}"


def rules(keys: Keys, role: RoleName) -> str:
    """Return the rules of a role's user, without its name and password."""
    return " ".join(_rules(keys, role))


def _rules(keys: Keys, role: RoleName) -> Iterator[str]:
    yield from ("on", "resetkeys", "resetchannels", "clearselectors", "nocommands")
    for row in key_table(keys):
        access: str = getattr(row, role)
        if access and not set(access) & set(_ON_STREAMS):
            yield f"%{access.upper()}~{row.pattern}"
    for command in sorted(set(COMMANDS[role].split())):
        if command not in _SCRIPTS.split():
            yield f"+{command}"
    scripts = [command for command in COMMANDS[role].split() if command in _SCRIPTS.split()]
    for row in key_table(keys):
        access = getattr(row, role)
        if set(access) & set(_ON_STREAMS):
            allowed = " ".join(f"+{name}" for one in access for name in _STREAM_COMMANDS[one])
            yield f"(%RW~{row.pattern} {allowed})"
    if scripts:
        yield f"(~{keys.prefix}* {' '.join(f'+{name}' for name in scripts)})"
    if role == "gateway":
        # It checks a key that it was sent (reader tokens), and cannot list any.
        yield f"(%R~{keys.editors} +hget)"


def password_hash(password: str) -> str:
    """Return ``password`` in the form in which Redis keeps it (``#`` and SHA-256)."""
    return "#" + hashlib.sha256(password.encode()).hexdigest()
