"""Options that several commands share, with the same names and help everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, TypeAlias

import typer

from ticker.cli import complete

OK, REFUSED, USAGE, UNREACHABLE, PENDING = 0, 1, 2, 3, 4
"""Exit codes: done, refused by the server, usage error, newsroom unreachable,
accepted but not on screens yet."""

Level: TypeAlias = Literal["ticker", "urgent", "bulletin", "flash"]
Verification: TypeAlias = Literal["confirmed", "attributed", "developing"]

Json: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print results and errors as JSON to standard output.")
]
BidiChoice: TypeAlias = Annotated[
    Literal["auto", "isolate", "visual", "none"],
    typer.Option(
        "--bidi",
        help="Right-to-left text: reordered by the terminal (isolate) or by Ticker (visual).",
    ),
]
Editions: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--edition",
        "-e",
        metavar="NAME",
        help="Only this edition. For several, repeat it or use commas.",
        autocompletion=complete.editions,
    ),
]
Edition: TypeAlias = Annotated[
    str,
    typer.Option(
        "--edition",
        "-e",
        metavar="NAME",
        help="Edition, such as en.",
        autocompletion=complete.editions,
    ),
]
Sections: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--section",
        "-s",
        metavar="NAME",
        help="Section. For several, repeat it or use commas.",
        autocompletion=complete.sections,
    ),
]
Regions: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--region",
        "-r",
        metavar="NAME",
        help="Region. For several, repeat it or use commas.",
        autocompletion=complete.regions,
    ),
]
Tags: TypeAlias = Annotated[
    list[str],
    typer.Option("--tag", "-t", metavar="TAG", help="Tag. For several, repeat it or use commas."),
]
Stories: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--story",
        metavar="NAME",
        help="Story. For several, repeat it or use commas.",
        autocompletion=complete.stories,
    ),
]
MinimumLevel: TypeAlias = Annotated[
    Level | None, typer.Option("--level", "-l", help="Only this level and higher ones.")
]
DefaultEdition: TypeAlias = Annotated[
    str | None, typer.Option("--edition", "-e", metavar="NAME", help="Default edition.")
]
DefaultLevel: TypeAlias = Annotated[
    Level | None, typer.Option("--level", "-l", help="Default level.")
]
DefaultSource: TypeAlias = Annotated[
    str | None,
    typer.Option("--source", metavar="TEXT", help="Default source, such as a news agency."),
]
Key: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="KEY",
        help="Idempotency key: a repeated command with the same key changes nothing.",
    ),
]
IfVersion: TypeAlias = Annotated[
    int | None,
    typer.Option("--if-version", metavar="N", help="Fail unless the item is at this version."),
]
Zone: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Time zone of the given times, such as Europe/Berlin. Default: this machine's.",
    ),
]
ItemId: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="The item's id, or its beginning or end: 4 characters or more that are unique.",
        autocompletion=complete.ids,
    ),
]
MaybeItemId: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="[ID]",
        help="The item's id, or its beginning or end. Default: the newest item that you have sent "
        "and that is in its undo window.",
        autocompletion=complete.ids,
        show_default=False,
    ),
]
Images: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--image", metavar="URL", help="A picture's http or https address; up to 4, in order."
    ),
]
PictureFiles: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--media",
        metavar="ID|FILE",
        help="A picture of `ticker media`, or a file that is uploaded now; up to 4, in order.",
    ),
]
Alts: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--alt", metavar="TEXT", help="What the picture shows, once for each picture, in order."
    ),
]
Credits: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--credit", metavar="TEXT", help="Who made the picture, once for each picture, in order."
    ),
]
TextLanguage: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="TAG", help="Language of the text, such as ar. Default: the edition's."),
]
TextDirection: TypeAlias = Annotated[
    Literal["ltr", "rtl"] | None,
    typer.Option(help="Direction of the text. Default: the edition's."),
]
PushTitle: TypeAlias = Annotated[
    str | None,
    typer.Option("--push-title", metavar="TEXT", help="The alert's title. Implies --push."),
]
PushBody: TypeAlias = Annotated[
    str | None,
    typer.Option("--push-body", metavar="TEXT", help="The alert's text. Implies --push."),
]
PushTtl: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--push-ttl",
        metavar="DURATION",
        help="The alert may arrive this long (1m to 1d). Implies --push.",
    ),
]


def split(values: Iterable[str]) -> list[str]:
    """Return the values of a repeatable option, whose values may also be separated by commas."""
    return [
        part for value in values for part in (piece.strip() for piece in value.split(",")) if part
    ]
