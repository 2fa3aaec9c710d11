"""The console of the commands."""

from __future__ import annotations

import io

from rich.table import Table
from rich.text import Text

from ticker.cli.safe_console import SafeConsole


def test_only_our_own_styles_are_escape_sequences() -> None:
    written = io.StringIO()
    console = SafeConsole(lambda: False, file=written, force_terminal=True, color_system="standard")
    table = Table(title="\x1b]0;x\x07")
    table.add_column("\x9b")
    table.add_row("\u202ea\u2067")
    console.print(table)
    console.print(Text.assemble(("\x1b[2J", "red"), "\x1bc"))
    console.print("[link=http://evil.example]x[/link]")
    shown = written.getvalue().replace("\x1b[0m", "").replace("\x1b[31m", "")
    shown = shown.replace("\x1b[1m", "").replace("\x1b[3m", "")
    assert not set("\x1b\x07\x9b\u202e\u2067").intersection(shown)
    assert "[link=" in shown


def test_own_isolates_stay() -> None:
    written = io.StringIO()
    SafeConsole(lambda: True, file=written).print("\u2067a\u2069\u202e")
    assert written.getvalue() == "\u2067a\u2069�\n"
