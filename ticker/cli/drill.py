"""How the command line shows a drill: nobody may take it for the real thing."""

from __future__ import annotations

DRILL = "DRILL"
"""What every line about a test item begins with."""
DRILL_STYLE = "bold black on yellow"
DRILL_TEXT = f"{DRILL}: a test item. No reader, phone, feed or webhook gets it."
