"""A minute of chaos. ``./scripts/chaos`` runs all faults for as long as you like."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.faults import FAULTS
from tests.chaos.report import as_text
from tests.chaos.run import Options, run

pytestmark = pytest.mark.faults

SEED = 20_261_128
SECONDS = 60.0


async def test_a_minute_of_faults_breaks_no_promise(tmp_path: Path) -> None:
    faults = sorted(name for name, fault in FAULTS.items() if fault.short)
    options = Options(SEED, SECONDS, faults, readers=9, pause=0.1)
    verdict = await run(options, tmp_path)
    print(as_text(verdict, seed=SEED))
    assert verdict.kept, as_text(verdict, seed=SEED)
    assert len({fault.name for fault in verdict.faults}) >= 8, "the minute has room for these"
    assert verdict.acknowledged > 100
    assert verdict.events > 0
