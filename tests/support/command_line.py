"""The command line in this process, with real descriptors as its input and output."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Thread
from typing import Literal

from typer.core import TyperGroup
from typer.main import get_command

from tests.support.waiting import wait_until_sync
from ticker.cli.main import app, main

Output = Literal["file", "full disk", "closed pipe"]


@dataclass(frozen=True, slots=True)
class Done:
    """The end of a command."""

    code: int
    out: bytes
    err: str


def command_names() -> list[str]:
    """Return every command of the command line, such as "keys create"."""
    return list(_leaves("", get_command(app)))


def _leaves(name: str, command: object) -> Iterator[str]:
    if isinstance(command, TyperGroup):
        for each, below in command.commands.items():
            yield from _leaves(f"{name} {each}".strip(), below)
    else:
        yield name


def run_command(
    arguments: Sequence[str | bytes],
    environment: Mapping[str, str],
    *,
    stdin: bytes = b"",
    output: Output = "file",
    encoding: str = "utf-8",
) -> Done:
    """Run ``ticker`` as its own process would: nothing of the test's streams is left to it.

    Anything that the command raises, a traceback in a process of its own, is raised here.
    """
    with tempfile.TemporaryFile() as into, tempfile.TemporaryFile() as err:
        with tempfile.TemporaryFile() as given, _written_to(output, into) as out:
            given.write(stdin)
            given.seek(0)
            with _process(arguments, environment, (given.fileno(), out, err.fileno()), encoding):
                code = _code()
        into.seek(0)
        err.seek(0)
        return Done(code, into.read(), err.read().decode(encoding))


def run_in_terminal(
    arguments: Sequence[str | bytes],
    environment: Mapping[str, str],
    typed: bytes,
    *,
    answers: Sequence[tuple[bytes, bytes]] = (),
    encoding: str = "utf-8",
) -> Done:
    """Run ``ticker`` in a terminal; ``out`` is what it shows.

    A person types ``typed`` in advance, and the second of each of ``answers`` when the first is
    shown.
    """
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    shown = bytearray()
    person = Thread(target=_person, args=(ours, answers, shown))
    try:
        person.start()
        os.write(ours, typed)
        # The kernel echoes in its own time: without this, after what the command prints.
        wait_until_sync(lambda: shown.count(b"\n") >= typed.count(b"\n"))
        with _process(arguments, environment, (theirs, theirs, theirs), encoding):
            code = _code()
    finally:
        os.close(theirs)
        person.join(20)
        os.close(ours)
    return Done(code, bytes(shown), "")


def _person(terminal: int, answers: Sequence[tuple[bytes, bytes]], shown: bytearray) -> None:
    """Read a terminal into ``shown`` until its other end is closed, and type the answers."""
    waiting, start, asked = list(answers), 0, b"\x1b[6n"  # where the cursor is
    with suppress(OSError):  # the other end is closed
        while part := os.read(terminal, 65_536):
            shown += part
            os.write(terminal, b"\x1b[1;1R" * part.count(asked))
            while waiting and (at := shown.find(waiting[0][0], start)) >= 0:
                start = at + len(waiting[0][0])
                os.write(terminal, waiting.pop(0)[1])


def _code() -> int:
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    # What Python does at the end of a process; it must find nothing that cannot be written.
    sys.stdout.flush()
    sys.stderr.flush()
    assert isinstance(code, int)
    return code


@contextmanager
def _written_to(output: Output, into: io.BufferedRandom) -> Iterator[int]:
    """Yield the descriptor that is to be the command's standard output."""
    if output == "file":
        yield into.fileno()
        return
    if output == "full disk":
        descriptor = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, descriptor = os.pipe()
        os.close(reader)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _process(
    arguments: Sequence[str | bytes],
    environment: Mapping[str, str],
    descriptors: Sequence[int],
    encoding: str,
) -> Iterator[None]:
    """Give this process the arguments, environment and descriptors of the command."""
    saved = [os.dup(number) for number in range(3)]
    streams = sys.stdin, sys.stdout, sys.stderr
    old, before = sys.argv, dict(os.environ)
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
    sys.stdin = open(0, encoding=encoding, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding=encoding, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding=encoding, closefd=False)  # noqa: SIM115
    sys.argv = ["ticker", *map(os.fsdecode, arguments)]
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        sys.argv = old
        sys.stdin, sys.stdout, sys.stderr = streams
        for number, descriptor in enumerate(saved):
            os.dup2(descriptor, number)
            os.close(descriptor)
