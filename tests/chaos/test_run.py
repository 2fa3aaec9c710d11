"""Each short fault once. ``./scripts/chaos`` runs all, for as long as you like."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.faults import FAULTS
from tests.chaos.report import as_text
from tests.chaos.run import Options, run

pytestmark = pytest.mark.faults

SEED = 20_261_128
SECONDS = 180.0
"""At most: without load, the faults take a sixth of it."""


async def test_faults_break_no_promise(tmp_path: Path) -> None:
    faults = sorted(name for name, fault in FAULTS.items() if fault.short)
    options = Options(SEED, SECONDS, faults, readers=9, pause=0.1, recovery=0.5, most=len(faults))
    verdict = await run(options, tmp_path)
    print(as_text(verdict, seed=SEED))
    assert verdict.kept, as_text(verdict, seed=SEED)
    assert len({fault.name for fault in verdict.faults}) >= 8, (
        "a busy machine has time for these, too"
    )
    assert verdict.acknowledged > 100
    assert verdict.events > 0
