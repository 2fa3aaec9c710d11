"""`ticker up`: a whole newsroom on one machine, until Ctrl-C.

Starts an embedded Valkey (unless there is a Redis already), the worker and the server, keeps them
running, and stops them in the order in which nothing is lost: server, worker, Valkey.
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
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ticker.config import Settings
from ticker.runtime import embedded_store
from ticker.runtime.data_directory import DataDir, DataDirError, locked
from ticker.runtime.supervise import GaveUp, Spec, Supervisor, python

OK, FAILED, USAGE, UNREACHABLE = 0, 1, 2, 3

LOCAL_CONTACT = "mailto:newsroom@localhost"
"""Whom push services cannot reach: good for trying things out. Apple's refuses it."""
_READY_WITHIN = 20.0  # seconds until we say what is keeping us; waiting goes on
_DISK_FULL = 1_000_000  # bytes
_BACKLOG = 2_048  # connections the kernel holds while the server restarts
_DEMO = "  Invented news is being published, a line every few seconds (--demo).\n\n"
_CRASHES = 10  # of one child within a minute; the last is the end of the newsroom
_FIRST_CRASHES = 3  # the same until everything has come up once


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says; None is "as the settings say"."""

    data: Path
    host: str | None = None
    port: int | None = None
    redis_url: str | None = None
    demo: bool = False
    verbose: bool = False
    as_json: bool = False


class CannotStart(Exception):
    """The newsroom cannot start; the text is for a person, ``code`` for the shell."""

    def __init__(self, message: str, code: int = USAGE) -> None:
        super().__init__(message)
        self.code = code


def up(options: Options, settings: Settings) -> int:
    """Run a newsroom until it is told to stop; return the exit code."""

    async def run(data: DataDir) -> int:
        return await Newsroom(options, settings, data).run()

    try:
        with locked(options.data) as data:
            return asyncio.run(run(data))
    except DataDirError as error:
        _say(str(error))
        return USAGE


class Newsroom:
    """One run of `ticker up` on a locked data directory."""

    def __init__(self, options: Options, settings: Settings, data: DataDir) -> None:
        self._options = options
        self._settings = settings
        self._data = data
        self._supervisor = Supervisor(_say, self._write_run)
        self._stop = asyncio.Event()
        self._ready = False
        self._run_written = True
        self._url = ""
        self._redis_url = options.redis_url or ""
        if not self._redis_url and "redis_url" in settings.model_fields_set:
            self._redis_url = settings.redis_url
        self._embedded = not self._redis_url

    async def run(self) -> int:
        """Start everything, wait for a signal, stop everything; return the exit code."""
        began = time.monotonic()
        self._listen_to_signals()
        code, sock = OK, None
        try:
            sock = self._bind()
            await self._until_stop(self._start(sock, began))
            await self._until_stop(asyncio.Event().wait())
        except (GaveUp, embedded_store.EmbeddedError) as error:
            _say(f"\n{error}\n")
            code = FAILED
        except CannotStart as error:
            _say(str(error))
            code = error.code
        finally:
            if self._supervisor.children:
                _say("\nStopping: server, worker, then the data. (Ctrl-C again to hurry.)")
            if sock is not None:
                sock.close()  # else the kernel would go on queueing connections for nobody
            await self._supervisor.stop()
            self._data.clear_run()
        if code == OK:
            _say("Stopped. Everything is kept in " + str(self._data.path))
        return code

    async def _until_stop(self, work: Any) -> None:
        """Await ``work``, but only until a signal or until a child does not stay up."""
        doing = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            both = asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            await self._supervisor.until(both)
            if doing.done():
                doing.result()
        finally:
            doing.cancel()
            stopping.cancel()
            await asyncio.gather(doing, stopping, return_exceptions=True)

    async def _start(self, sock: socket.socket, began: float) -> None:
        fresh = self._embedded and await self._start_valkey()
        environment = self._environment()
        fd = sock.fileno()
        # They stop in the opposite order: the server first, then the workers, Valkey last. Sending
        # to the world outside is a process of its own: no line on a screen waits for it.
        for name, side in (("work", "lane"), ("bridge", "bridges")):
            command = python("ticker", "work", "--only", side)
            self._supervisor.start(Spec(name, command, environment, grace=10), _FIRST_CRASHES)
        self._supervisor.start(
            Spec(
                "serve",
                python("ticker", "serve", "--fd", str(fd)),
                environment,
                pass_fds=(fd,),
                grace=self._settings.drain_time + 5,
            ),
            _FIRST_CRASHES,
        )
        secret, new_key = self._data.key()
        await self._register(secret, fresh)
        await self._wait_ready()
        for child in self._supervisor.children:
            child.restarts.limit = _CRASHES
        self._ready = True
        self._write_run()
        self._announce(time.monotonic() - began, new_key)
        if self._options.demo:
            environment |= {"TICKER_URL": self._url, "TICKER_KEY": secret}
            demo = Spec(
                "demo", python("ticker.runtime.demo"), environment, grace=2, essential=False
            )
            self._supervisor.start(demo)

    async def _start_valkey(self) -> bool:
        """Start the embedded server and return, when it answers, whether it is a new one."""
        fresh = not (self._data.valkey / "appendonlydir").exists()
        try:
            valkey = embedded_store.prepare(self._data.valkey)
        except OSError as error:
            raise CannotStart(f"Valkey's directory cannot be made: {error}") from None
        if await embedded_store.stop_leftover(valkey):
            _say("Stopped the Valkey of a `ticker up` that was killed; its data is kept.")
        self._redis_url = valkey.url
        spec = Spec(
            "valkey",
            valkey.command,
            os.environ,
            grace=15,
            ready=partial(embedded_store.wait_ready, valkey),
            last_words=partial(_last_words, valkey),
        )
        await self._supervisor.start(spec, _FIRST_CRASHES).up.wait()
        return fresh

    def _environment(self) -> dict[str, str]:
        """Return the children's environment: ours, with what this command decides."""
        environment = dict(os.environ)
        environment["TICKER_REDIS_URL"] = self._redis_url
        environment["PYTHONUNBUFFERED"] = "1"
        if self._options.verbose:
            environment["TICKER_LOG_LEVEL"] = "info"
        elif "log_level" not in self._settings.model_fields_set:
            environment["TICKER_LOG_LEVEL"] = "warning"
        return environment | self._web_push()

    def _web_push(self) -> dict[str, str]:
        """Return what gives a fresh newsroom Web Push: a key of its own, made once, and a contact.

        What is set stays. The contact is a placeholder that says so; a newsroom that the public
        subscribes to needs a real one (docs/operations/push.md).
        """
        found = self._settings
        environment = {}
        if found.vapid_key_file is None:
            path = self._data.vapid_key_file
            if not path.exists():
                from ticker.push import vapid_keys  # slow to import, and needed once

                try:
                    vapid_keys.create(path)
                except vapid_keys.VapidKeyError as error:
                    raise CannotStart(str(error)) from None
            environment["TICKER_VAPID_KEY_FILE"] = str(path)
        if not found.push_contact and not found.public_url.startswith("https://"):
            environment["TICKER_PUSH_CONTACT"] = LOCAL_CONTACT
        return environment

    def _bind(self) -> socket.socket:
        """Return the listening socket.

        It is ours and the server inherits it: a port that is taken is found before anything
        starts, port 0 has a number at once, and while a crashed server restarts its readers wait
        in the kernel's queue instead of being refused.
        """
        host = self._settings.host if self._options.host is None else self._options.host
        port = self._settings.port if self._options.port is None else self._options.port
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            sock = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except socket.gaierror:
            raise CannotStart(f"--host {host}: no such address on this machine") from None
        except OSError as error:
            raise CannotStart(
                f"Port {port} on {host} cannot be used: {os.strerror(error.errno or 0)}.\n"
                "Choose another with --port N; --port 0 takes any that is free."
            ) from None
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, host)
        if ":" in shown and not shown.startswith("["):
            shown = f"[{shown}]"
        self._url = f"http://{shown}:{sock.getsockname()[1]}"
        return sock

    async def _register(self, secret: str, fresh: bool) -> None:
        """Make the key of the key file known to the store, once; ``fresh``: a new, empty store."""
        from ticker.domain.errors import Unavailable  # not before the children run: these take
        from ticker.storage.connection import (
            connect,  # a while to import, and they can use the time
        )
        from ticker.storage.editor_keys import ensure_key, verify
        from ticker.storage.keys import Keys

        keys = Keys(self._settings.namespace)
        store = "embedded" if self._embedded else self._redis_url.rpartition("@")[2]
        where = f"{store} {keys.namespace}"
        redis = connect(self._redis_url)
        try:
            if fresh or not self._data.is_registered(secret, where):
                await ensure_key(redis, keys, secret, "ticker up")
                self._data.registered(secret, where)
            elif await verify(redis, keys, secret) is None:
                _say(
                    f"The key in {self._data.key_file} has been revoked. For a new one delete the "
                    "file and start again, or run `ticker keys create NAME`."
                )
        except Unavailable as error:
            raise CannotStart(f"Redis cannot be used: {error}", UNREACHABLE) from None
        finally:
            await redis.aclose()

    async def _wait_ready(self) -> None:
        """Return when /readyz is green; say what is missing when that takes long."""
        end, told = time.monotonic() + _READY_WITHIN, False
        while True:
            status, body = await _get(self._url, "/readyz")
            if status == 200:
                return
            if time.monotonic() > end and not told:
                told = True
                _say(f"Still not ready: {_missing(body)}. Waiting on; Ctrl-C stops.")
            await asyncio.sleep(0.05)

    def _announce(self, seconds: float, new_key: bool) -> None:
        facts = self._facts()
        if self._options.as_json:
            print(json.dumps(facts), flush=True)
            return
        store = "embedded Valkey, every write synced" if self._embedded else "your Redis"
        key = f"{self._data.key_file}{' (new)' if new_key else ''}"
        with suppress(OSError):  # whoever read our output may have gone
            print(
                f"\n  Ticker is running ({seconds:.1f} s).\n\n"
                f"    Page        {self._url}/\n"
                f"    API         {self._url}/docs\n"
                f"    Editor key  {key}\n"
                f"    Data        {self._data.path} ({store})\n\n"
                f"{_DEMO if self._options.demo else ''}"
                f"  Publish a line from another terminal:\n\n"
                f"    {self._example()}\n\n"
                f"  Ctrl-C stops it, and loses nothing.\n",
                flush=True,
            )

    def _example(self) -> str:
        """Return a publish command that works from this directory, as it is."""
        words = []
        if self._url != "http://127.0.0.1:8000":
            words.append(f"TICKER_URL={self._url}")
        if self._data.path != Path(".ticker").absolute():
            words.append(f"TICKER_DATA={_shortest(self._data.path)}")
        program = Path(sys.executable).parent / "ticker"
        found = shutil.which("ticker")
        words.append("ticker" if found and Path(found) == program else _shortest(program))
        known = self._settings.editions
        edition = "en" if "en" in known else next(iter(known))
        return " ".join([*words, f'publish "Hello, newsroom" --edition {edition}'])

    def _facts(self) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "ready": self._ready,
            "url": self._url,
            "redis_url": self._redis_url,
            "key_file": str(self._data.key_file),
            "children": {child.spec.name: child.pid for child in self._supervisor.children},
        }

    def _write_run(self) -> None:
        try:
            self._data.write_run(self._facts())
            self._run_written = True
        except OSError as error:  # a full disk: no reason to stop serving, and said once
            if self._run_written:
                _say(f"run.json cannot be written: {error.strerror}")
            self._run_written = False

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()

        def told() -> None:
            if self._stop.is_set():
                self._supervisor.hurry.set()
            self._stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, told)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # `nohup ticker up`
            loop.add_signal_handler(signal.SIGHUP, told)


async def _get(url: str, path: str) -> tuple[int, bytes]:
    """Return status and body of a GET, or ``(0, b"")`` when there is no answer in 2 seconds."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            try:
                writer.write(request)
                answer = await reader.read(65_536)
                answer += await reader.read(65_536)
            finally:
                writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split(b" ", 2)[1]), body
    except (OSError, TimeoutError, IndexError, ValueError):
        return 0, b""


def _last_words(valkey: embedded_store.Valkey) -> str:
    """Return the end of Valkey's log, and its most likely trouble, which the log cannot hold."""
    free = shutil.disk_usage(valkey.directory).free
    if free < _DISK_FULL:
        full = f"THE DISK IS FULL ({free // 1024} KB free): it cannot write what it has to keep.\n"
        return full + valkey.log_tail()
    return valkey.log_tail()


def _missing(body: bytes) -> str:
    """Return which hop /readyz misses, for a sentence."""
    try:
        hops = json.loads(body)["hops"]
        return ", ".join(f"{n} ({h['detail']})" for n, h in hops.items() if not h["ok"])
    except (ValueError, KeyError, TypeError):
        return "the server does not answer"


def _shortest(path: Path) -> str:
    with suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def _say(text: str) -> None:
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)
