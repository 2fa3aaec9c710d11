"""Start, supervise and stop the processes of ``ticker up``.

Starts an embedded Valkey (unless a Redis is given), three workers, the web process and the gateway,
restarts them when they crash, and stops them in the order in which no data is lost: gateway, web
process, workers, Valkey.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Awaitable
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from typing import Any

from ticker.cli.options import OK, REFUSED, UNREACHABLE, USAGE
from ticker.cli.server_processes import end_reload, reload_on, say_closing, specs, web_socket
from ticker.cli.up.banner import Banner
from ticker.cli.up.environment import child_environment, listen
from ticker.cli.up.options import Options, StartError
from ticker.cli.up.readiness import wait_ready
from ticker.config import Settings
from ticker.runtime import embedded_store
from ticker.runtime.child import ChildFailed, ChildSpec
from ticker.runtime.data_directory import DataDir, DataDirError, locked
from ticker.runtime.hang_up import Terminal
from ticker.runtime.shared_usage import shared_usage
from ticker.runtime.supervisor import Supervisor, python
from ticker.telemetry.supervised import child_metrics
from ticker.telemetry.supervisor_lines import SupervisorLines

_DISK_FULL = 1_000_000  # bytes
_CRASHES = 10  # crashes of one child within a minute after which the newsroom stops
_CRASHES_AT_START = 3  # the same until everything has been ready once


def up(options: Options, settings: Settings) -> int:
    """Run a newsroom until a signal; return the exit code."""

    async def run(data: DataDir) -> int:
        return await Newsroom(options, settings, data).run()

    try:
        with locked(options.data) as data:
            return asyncio.run(run(data))
    except DataDirError as error:
        _say(str(error))
        return USAGE


class Newsroom:
    """One run of ``ticker up`` on a locked data directory."""

    def __init__(self, options: Options, settings: Settings, data: DataDir) -> None:
        self._options = options
        self._settings = settings
        self._data = data
        lines = SupervisorLines(settings.log_format or "console")
        self._say = lines.say
        self._supervisor = Supervisor(self._say, self._write_run, forward=lines.forward)
        self._stop = asyncio.Event()
        self._reload = asyncio.Event()
        self._open = ExitStack()
        self._ready = False
        self._run_written = True
        self._url = ""
        self._metrics_url: str | None = None
        self._redis_url = options.redis_url or ""
        if not self._redis_url and "redis_url" in settings.model_fields_set:
            self._redis_url = settings.redis_url
        self._embedded = not self._redis_url
        self._store: str | None = None

    async def run(self) -> int:
        """Start everything, wait for a signal, stop everything; return the exit code."""
        address = self._settings.metrics_address
        if address.port is None:
            address = replace(address, port=0)
        async with child_metrics(address) as (metrics, port):
            self._supervisor.metrics = metrics
            if port is not None:
                self._metrics_url = f"http://{address.host}:{port}/metrics"
            return await self._run()

    async def _run(self) -> int:
        began = time.monotonic()
        self._handle_signals()
        code, sock = OK, None
        reloading: asyncio.Task[None] | None = None
        try:
            sock, self._url = listen(self._settings, self._options)
            await self._until_stop(self._start(sock, began))
            reloading = asyncio.create_task(reload_on(self._reload, self._supervisor, self._say))
            await self._until_stop(asyncio.Event().wait())
        except (ChildFailed, embedded_store.EmbeddedError) as error:
            self._say(f"\n{error}\n")
            code = REFUSED
        except StartError as error:
            self._say(str(error))
            code = error.code
        finally:
            if self._supervisor.children:
                self._say("\nStopping… (press Ctrl-C again to stop immediately)")
            if sock is not None:
                sock.close()  # otherwise the kernel would keep accepting connections
            if reloading is not None:
                await end_reload(reloading)
            say_closing(self._supervisor)
            await self._supervisor.stop()
            self._open.close()
            self._data.clear_run()
        if code == OK:
            self._say(f"Stopped. The data is in {self._data.path}")
        return code

    async def _until_stop(self, work: Awaitable[Any]) -> None:
        """Await ``work`` until a signal. Raises ChildFailed when a child keeps crashing."""
        working = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            both = asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            await self._supervisor.until(both)
            if working.done():
                working.result()
        finally:
            working.cancel()
            stopping.cancel()
            await asyncio.gather(working, stopping, return_exceptions=True)

    async def _start(self, sock: socket.socket, began: float) -> None:
        new_store = self._embedded and await self._start_valkey()
        environment = child_environment(self._settings, self._options, self._data, self._redis_url)
        # Children stop in the reverse order: the gateway, the web process, the workers, Valkey.
        # Push and webhooks have a worker of their own, so that they cannot delay the live feeds.
        # So does the archive, which writes to a disk and can wait.
        for role in ("stream", "delivery", "archive"):
            command = python("ticker", "work", "--only", role)
            self._supervisor.start(
                ChildSpec(role, command, environment, grace=10, metrics=True), _CRASHES_AT_START
            )
        web = self._open.enter_context(web_socket())
        usage = self._open.enter_context(shared_usage(processes=2))
        for spec in specs(self._settings, sock, web, usage, environment=environment):
            self._supervisor.start(spec, _CRASHES_AT_START)
        secret, new_key = self._data.key()
        await self._register_key(secret, new_store)
        await wait_ready(self._url, self._say)
        for child in self._supervisor.children:
            child.restarts.limit = _CRASHES
            child.served = True
        self._ready = True
        self._write_run()
        self._announce(time.monotonic() - began, new_key)
        if self._options.demo:
            environment |= {"TICKER_URL": self._url, "TICKER_KEY": secret}
            self._supervisor.start(
                ChildSpec(
                    "demo", python("ticker.runtime.demo"), environment, grace=2, essential=False
                )
            )

    async def _start_valkey(self) -> bool:
        """Start the embedded Valkey, wait until it responds; return whether it is a new one."""
        new_store = not (self._data.valkey / "appendonlydir").exists()
        try:
            valkey = embedded_store.prepare(self._data.valkey)
        except OSError as error:
            raise StartError(f"Cannot create Valkey's directory: {error}") from None
        if await embedded_store.stop_leftover(valkey):
            self._say("Stopped the Valkey of a `ticker up` that was killed. Its data is kept.")
        self._redis_url = valkey.url
        self._store = os.path.basename(valkey.command[0])
        spec = ChildSpec(
            "valkey",
            valkey.command,
            os.environ,
            grace=15,
            ready=partial(embedded_store.wait_ready, valkey),
            log_tail=partial(_valkey_log, valkey),
            prompt=True,
        )
        await self._supervisor.start(spec, _CRASHES_AT_START).up.wait()
        return new_store

    async def _register_key(self, secret: str, new_store: bool) -> None:
        """Register the data directory's editor key in the store, once for each store."""
        # Imported while the children start: these imports take time.
        from ticker.domain.actor import Actor
        from ticker.domain.errors import Unavailable
        from ticker.publishing.audit_log import AuditLog
        from ticker.storage.address import main_store
        from ticker.storage.connection import connect
        from ticker.storage.editor_keys import changes, ensure_key, target_of, verify
        from ticker.storage.keys import Keys

        keys = Keys(self._settings.namespace)
        address = "embedded" if self._embedded else self._redis_url.rpartition("@")[2]
        store = f"{address} {keys.namespace}"
        redis = connect(replace(main_store(self._settings), url=self._redis_url))
        try:
            if new_store or not self._data.is_registered(secret, store):
                known = await verify(redis, keys, secret)
                made = await ensure_key(redis, keys, secret, "ticker up")
                if known is None:
                    await AuditLog(redis, keys).record(
                        "create_key", target_of(made), changes(None, made), actor=Actor("ticker up")
                    )
                self._data.mark_registered(secret, store)
            elif await verify(redis, keys, secret) is None:
                self._say(
                    f"The editor key in {self._data.key_file} has been revoked. For a new one, "
                    "delete the file and restart, or run `ticker keys create NAME`."
                )
        except Unavailable as error:
            raise StartError(f"Cannot use Redis: {error}", UNREACHABLE) from None
        finally:
            await redis.aclose()

    def _announce(self, seconds: float, new_key: bool) -> None:
        banner = Banner(
            url=self._url,
            metrics_url=self._metrics_url,
            data=self._data.path,
            key_file=self._data.key_file,
            new_key=new_key,
            store=self._store,
            editions=self._settings.editions,
            demo=self._options.demo,
            seconds=seconds,
        )
        with suppress(OSError):  # standard output may be closed
            print(json.dumps(self._facts()) if self._options.as_json else banner.text(), flush=True)

    def _facts(self) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "ready": self._ready,
            "url": self._url,
            "metrics_url": self._metrics_url,
            "redis_url": self._redis_url,
            "key_file": str(self._data.key_file),
            "children": {child.spec.name: child.pid for child in self._supervisor.children},
        }

    def _write_run(self) -> None:
        try:
            self._data.write_run(self._facts())
            self._run_written = True
        except OSError as error:  # such as a full disk: keep serving, and report it once
            if self._run_written:
                self._say(f"Cannot write run.json: {error.strerror}")
            self._run_written = False

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()

        def stop() -> None:
            if self._stop.is_set():
                self._supervisor.force.set()
            self._stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        terminal = Terminal()
        stays = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # `nohup ticker up`

        def hang_up() -> None:
            if not terminal.closed():
                self._reload.set()
            elif not stays:
                stop()

        loop.add_signal_handler(signal.SIGHUP, hang_up)


def _valkey_log(valkey: embedded_store.Valkey) -> str:
    """Return the end of Valkey's log, with a warning if the disk is full: it cannot log that."""
    free = shutil.disk_usage(valkey.directory).free
    if free < _DISK_FULL:
        return f"THE DISK IS FULL ({free // 1024} KB free).\n{valkey.log_tail()}"
    return valkey.log_tail()


def _say(text: str) -> None:
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)
