"""The decoding process, for real: its answers, its limits, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pictures import png_header, saved, tagged
from tests.support.waiting import wait_until
from ticker.domain.errors import Unavailable
from ticker.media.accepted import NotAccepted
from ticker.media.renderer import Renderer
from ticker.media.renderer_process import CPU_SECONDS, MEMORY_MAX

HOSTILE = {
    "silent": "import sys; sys.stdin.read()",
    "endless": "import sys\nwhile True: sys.stdout.write('x' * 65536)",
    "asleep": "import time; time.sleep(600)",
    "failing": "raise SystemExit(3)",
    "lying": (
        "import sys, json; sys.stdin.read()\n"
        "b = json.dumps(dict(width=5, height=5, widths=[5], formats=['jpg'], color='#000000',"
        " suggested={}, files={'5.jpg': 99})).encode()\n"
        "sys.stdout.buffer.write(len(b).to_bytes(4, 'big') + b + b'short')"
    ),
    "environment": (
        "import sys, json, os; sys.stdin.read()\n"
        "b = json.dumps(dict(refused=' '.join(sorted(os.environ)))).encode()\n"
        "sys.stdout.buffer.write(len(b).to_bytes(4, 'big') + b)"
    ),
    "limits": (
        "import sys, json, resource, os; sys.stdin.read()\n"
        "from ticker.media.renderer_process import CPU_SECONDS, MEMORY_MAX\n"
        "from ticker.runtime.process_limits import limit\n"
        "limit(memory=MEMORY_MAX, cpu_seconds=CPU_SECONDS)\n"
        "found = [resource.getrlimit(x)[1] for x in (resource.RLIMIT_AS, resource.RLIMIT_CPU,"
        " resource.RLIMIT_FSIZE)]\n"
        "try:\n    bytearray(found[0]); kept = False\nexcept MemoryError: kept = True\n"
        "b = json.dumps(dict(refused=f'{found} {kept}')).encode()\n"
        "sys.stdout.buffer.write(len(b).to_bytes(4, 'big') + b)"
    ),
}


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Processes that misbehave, as modules that the renderer can start."""
    for name, text in HOSTILE.items():
        (tmp_path / f"decoder_{name}.py").write_text(text, encoding="utf-8")
    before = os.environ.get("PYTHONPATH", "")
    root = str(Path(__file__).resolve().parents[2])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), root, before]))
    return tmp_path


async def refusal(renderer: Renderer, data: bytes = b"x" * 1_000_000) -> str:
    with pytest.raises(NotAccepted) as found:
        await renderer.render(data)
    return str(found.value)


@pytest.mark.processes
async def test_pictures_and_refusals() -> None:
    renderer = Renderer()
    rendered = await renderer.render(tagged())
    assert rendered.renditions is not None
    assert list(rendered.files) == ["320.avif", "320.webp", "320.jpg"]
    assert rendered.files["320.jpg"].startswith(b"\xff\xd8\xff")
    assert rendered.suggested["credit"] == "Jane Doe / Agency"
    assert rendered.size == sum(map(len, rendered.files.values()))
    assert (await renderer.texts(tagged()))["alt"].startswith("<script>")
    assert "at most 60 million" in await refusal(renderer, png_header(50_000, 50_000))
    assert "damaged" in await refusal(renderer, saved()[:-600])


@pytest.mark.processes
async def test_a_decoder_that_misbehaves_is_ended(
    modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKER_REDIS_URL", "redis://:secret@store")

    def decoder(name: str, timeout: float = 20) -> Renderer:
        return Renderer(timeout, module=f"decoder_{name}")

    assert "could not be decoded" in await refusal(decoder("silent"))
    assert "too large" in await refusal(decoder("endless"))
    assert "longer than" in await refusal(decoder("asleep", 0.2))
    assert "status 3" in await refusal(decoder("failing"))
    assert "could not be decoded" in await refusal(decoder("lying"))
    assert "TICKER" not in await refusal(decoder("environment"))
    limits = await refusal(decoder("limits"))
    assert limits == f"{[MEMORY_MAX, CPU_SECONDS, 0]} True"


@pytest.mark.processes
async def test_a_cancelled_picture_leaves_no_process(modules: Path) -> None:
    others = _children()
    renderer = Renderer(module="decoder_asleep")
    task = asyncio.create_task(renderer.render(b"x"))
    await wait_until(lambda: _children() - others)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert _children() <= others
    assert "status 3" in await refusal(Renderer(module="decoder_failing"))


def _children() -> set[str]:
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    return set(path.read_text(encoding="ascii").split())


def test_places_are_bounded() -> None:
    renderer = Renderer(waiting_max=2)
    with renderer.place(), contextlib.ExitStack() as second:
        second.enter_context(renderer.place())
        with pytest.raises(Unavailable, match="too many pictures"):
            renderer.place().__enter__()
    with renderer.place():
        pass


@pytest.mark.processes
def test_the_process_answers_without_a_parent_of_ours() -> None:
    """The limits hold for the process itself, whoever starts it."""
    done = subprocess.run(
        [sys.executable, "-m", "ticker.media.renderer_process", "texts"],
        input=tagged(),
        capture_output=True,
        check=True,
    )
    length = int.from_bytes(done.stdout[:4], "big")
    assert len(done.stdout) == 4 + length
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] != 0  # ours are as they were
