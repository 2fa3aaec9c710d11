"""Seeds of the tests that choose at random what happens."""

from __future__ import annotations

import math

from hypothesis import settings


def seeds(count: int) -> range:
    """Return ``count`` seeds; with ``--quick`` a fifth, as of the examples of Hypothesis."""
    return range(math.ceil(count * min(100, settings().max_examples) / 100))
