"""The options that commands share, so that they are called the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, TypeAlias

import typer

from ticker.cli import complete

OK, REFUSED, USAGE, UNREACHABLE = 0, 1, 2, 3
"""Exit codes: done, refused by the server, called wrongly, nothing answers."""

Level: TypeAlias = Literal["ticker", "urgent", "bulletin", "flash"]

Json: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Write JSON for programs: results and problems to stdout.")
]
BidiChoice: TypeAlias = Annotated[
    Literal["auto", "isolate", "visual", "none"],
    typer.Option(
        "--bidi", help="Right-to-left text: reordered by the terminal (isolate) or here (visual)."
    ),
]
Editions: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--edition",
        "-e",
        metavar="NAME",
        help="Only of this edition; several: repeat it, or a,b.",
        autocompletion=complete.editions,
    ),
]
Edition: TypeAlias = Annotated[
    str,
    typer.Option(
        "--edition", "-e", metavar="NAME", help="Edition.", autocompletion=complete.editions
    ),
]
Sections: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--section",
        "-s",
        metavar="NAME",
        help="Section; several: repeat it, or a,b.",
        autocompletion=complete.sections,
    ),
]
Regions: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--region",
        "-r",
        metavar="NAME",
        help="Region; several: repeat it, or a,b.",
        autocompletion=complete.regions,
    ),
]
Tags: TypeAlias = Annotated[
    list[str],
    typer.Option("--tag", "-t", metavar="WORD", help="Tag; several: repeat it, or a,b."),
]
Stories: TypeAlias = Annotated[
    list[str],
    typer.Option("--story", metavar="NAME", help="Story; several: repeat it, or a,b."),
]
MinimumLevel: TypeAlias = Annotated[
    Level | None, typer.Option("--level", "-l", help="This level and above.")
]
Key: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="WORD",
        help="Idempotency key: the same command again with it changes nothing.",
    ),
]
ItemId: TypeAlias = Annotated[str, typer.Argument(metavar="ID", help="The item's id.")]


def split(values: Iterable[str]) -> list[str]:
    """Return the values of a repeatable option, which may also be separated by commas."""
    return [
        part for value in values for part in (piece.strip() for piece in value.split(",")) if part
    ]
