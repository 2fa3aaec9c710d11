"""Fixtures for all tests: a real Redis server, and the store on it. Marks of the test layers.

In the folders of ``CONTRACTS``, a test that uses ``server`` or ``own`` (directly or through the
others) runs against Valkey and against Debian's redis-server; elsewhere against Valkey alone. One
server of each kind serves the whole session; every test starts on an empty one.

    server    tests.support.redis_servers.Server, running and empty
    own       a Server for this test alone, which it may kill
    valkey    a Valkey for this test alone: where one kind of server is enough
    settings  Settings that point at it; ``settings.model_copy(update={...})`` changes some
    redis     a client, closed afterwards
    keys      Keys of the newsroom
    items     ItemService: publish, change, retract …
    live      LaneStore: what gateways and relays use
    carry     ``await carry()`` opens the lane, carries all that waits and returns the counts
"""

from __future__ import annotations

import gc
import inspect
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import httpx
import hypothesis
import pytest
from hypothesis.internal.conjecture import providers

import tests.support.stream_servers  # noqa: F401 - for its effect
from tests.support.compiling import compile_share
from tests.support.left_out import left_out
from tests.support.redis_servers import KINDS, Kind, RedisServer
from ticker.config import Settings
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore
from workers.relay import Counts, Relay

# A client reads every authority when it is made, and 140 of them take it 25 ms. No test needs one
# but its own: here, and in the processes that tests start, there is one that signs nothing.
os.environ["SSL_CERT_FILE"] = str(Path(__file__).parent / "support" / "authority.pem")

# A shell ignores Ctrl-C for what it starts in the background, and so would the processes of the
# tests.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A client that names no timeout has this object's, which are five seconds: a busy machine is no
# defect.
patience = inspect.signature(httpx.get).parameters["timeout"].default
patience.connect = patience.read = patience.write = patience.pool = 30.0

# How long an example takes says nothing on a machine that does other things too.
hypothesis.settings.register_profile("ticker", deadline=None)
hypothesis.settings.register_profile("quick", deadline=None, max_examples=20)
profile = os.environ.get("HYPOTHESIS_PROFILE", "ticker")
hypothesis.settings.load_profile(profile)
if profile == "quick":
    # It would read every module of ours for numbers and texts to try, in every process: half a
    # second each. Twenty examples have few of them.
    providers.is_local_module_file = lambda path: False  # type: ignore[assignment,attr-defined]

LONGEST = (
    "browser/test_endurance.py",
    "cli/test_main_failures.py",
    "browser/test_site.py",
    "faults/test_push.py",
    "browser/test_push.py",
    "client/test_bridge_newsroom.py",
    "end_to_end/test_model.py",
    "browser/test_worst_day.py",
    "chaos/test_run.py",
    "benchmarks/test_smoke.py",
    "one_port/test_gateway_side.py",
    "faults/test_kill.py",
    "ops/test_up.py",
    "examples/test_telegram_bridge.py",
    "workers/test_settings_process.py",
    "faults/test_sentinel.py",
    "browser/test_connection.py",
    "push/store/test_subscriptions.py",
    "workers/push/test_jobs_everybody.py",
    "faults/test_web_restart.py",
    "workers/test_relay.py",
    "client/test_newsroom.py",
    "faults/test_reads.py",
    "end_to_end/test_newsroom_day.py",
    "workers/push/test_shard.py",
    "ops/test_proxy.py",
    "bench/test_run.py",
    "end_to_end/test_websub.py",
    "ops/test_caddy.py",
    "ops/test_tls.py",
    "faults/test_reload.py",
    "publishing/test_durability.py",
    "workers/webhooks/test_dispatcher_process.py",
    "workers/test_websub.py",
    "end_to_end/test_failover.py",
    "ops/test_prometheus.py",
    "bench/test_command.py",
    "browser/test_cache.py",
    "storage/test_acl.py",
)
"""Files that take longest, under tests/. Processes that take a file each begin with these, so that
none of them is left with a long one when the others have nothing to do any more. Those with a
browser need a core each; the others mostly wait, so they stand between them."""

OF_ITS_OWN = frozenset(
    f"test_{name}.py" for name in ("push", "connection", "cache", "state", "worst_day")
)
"""Browser tests without the newsroom that the others share."""

HALF = frozenset(
    f"test_{name}.py"
    for name in ("endurance", "tabs", "firefox", "console", "story", "screen", "poll", "bar")
)
"""Browser tests that one process takes; another one takes the rest."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a process a file at a time, or all files that share a newsroom.

    A newsroom is six processes, which take three seconds to start and three per cent of a core as
    long as they run: tests of a folder share one, which stops when the last of them has ended.
    """
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

    class Scheduling(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return _unit(nodeid)

    return Scheduling(config, log)


def _unit(node: str) -> str:
    path = PurePosixPath(node.partition("::")[0])
    folder = path.parent.name
    if folder == "cli":
        return str(path.parent)
    if folder == "browser" and path.name not in OF_ITS_OWN:
        return f"{path.parent} {path.name in HALF}"
    return str(path)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out a file or folder none of whose tests would run; None is no opinion."""
    return True if left_out(collection_path, config.option.markexpr) else None


CONTRACTS = frozenset(
    {
        *("feeds", "publishing", "push/store", "readership", "storage", "stream", "webhooks"),
        "workers",
    }
)
"""Folders whose tests say what the store does, so that each kind of server has to do it."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "server_kind" in metafunc.fixturenames:
        folder = metafunc.definition.path.parent.relative_to(Path(__file__).parent).as_posix()
        kinds = KINDS if folder in CONTRACTS else KINDS[:1]
        metafunc.parametrize("server_kind", kinds)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their parameter.

    The bytes themselves may differ from one process to the next (a frame is masked with random
    bytes, RFC 6455 section 5.3), and the workers of a run refuse to begin if their names differ.
    """
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs Debian's redis-server, and put the longest files first.

    The order of the tests in a file stays.
    """
    root = Path(__file__).parent
    for item in items:
        if isinstance(item, pytest.Function) and "redis" in _parameters(item):
            item.add_marker("redis_server")
    rank = {root / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Collect no garbage meanwhile, and leave thousands of tests out of every later collection."""
    gc.disable()
    worker = getattr(session.config, "workerinput", None)
    if worker is not None:
        number = int(worker["workerid"].removeprefix("gw"))
        compile_share(session.config, number, worker["workercount"])
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def _parameters(item: pytest.Function) -> list[object]:
    return list(item.callspec.params.values()) if hasattr(item, "callspec") else []


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[Kind, RedisServer]]:
    running: dict[Kind, RedisServer] = {}
    yield running
    for server in running.values():
        server.stop()


@pytest.fixture
def server(server_kind: Kind, servers: dict[Kind, RedisServer]) -> RedisServer:
    if server_kind not in servers:
        servers[server_kind] = RedisServer(server_kind)
        servers[server_kind].start()
    return servers[server_kind]


@pytest.fixture
def own(server_kind: Kind) -> Iterator[RedisServer]:
    server = RedisServer(server_kind)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def valkey() -> Iterator[RedisServer]:
    server = RedisServer("valkey")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def settings(server: RedisServer) -> Settings:
    return Settings(redis_url=server.url, namespace="test", durability_timeout=1.0)


@pytest.fixture
def keys(settings: Settings) -> Keys:
    return Keys(settings.namespace)


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    client = connect(settings.redis_url, blocking=True)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
def items(redis: Redis, keys: Keys, settings: Settings) -> ItemService:
    return ItemService(redis, keys, settings.taxonomy, settings)


@pytest.fixture
def live(redis: Redis, keys: Keys) -> LaneStore:
    return LaneStore(redis, keys)


@pytest.fixture
def carry(live: LaneStore, settings: Settings) -> Callable[[], Awaitable[Counts]]:
    relay = Relay(live, settings)

    async def drain() -> Counts:
        await relay.drain()
        return relay.counts

    return drain
