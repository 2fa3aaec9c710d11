"""Words and style by which the command line shows that something is a drill."""

from __future__ import annotations

DRILL = "DRILL"
"""What every line about a test item begins with."""
DRILL_STYLE = "bold black on yellow"
DRILL_TEXT = f"{DRILL}: a test item. No reader, phone, feed or webhook gets it."
