"""Levels from the urgency that agencies give (ninjs, NewsML-G2, NITF). Pure.

IPTC's scale says that 1 is the highest and 5 is normal; it defines no flash. Agencies use 1 for a
flash and 2 for a bulletin. 3 says little: several systems write it into every report, so it raises
nothing.
"""

from __future__ import annotations

LEVELS = {1: "flash", 2: "bulletin"}
OWN_LEVELS = LEVELS | {3: "urgent"}
"""Levels of items of a newsroom like this one, which writes 3 for ``urgent`` alone."""


def level(urgency: object, *, own: bool = False) -> str | None:
    """Return the level for ``urgency``, or None for the default one."""
    if isinstance(urgency, str) and urgency.strip().isdecimal():
        urgency = int(urgency)
    if not isinstance(urgency, int):
        return None
    return (OWN_LEVELS if own else LEVELS).get(urgency)
