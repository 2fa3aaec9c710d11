"""The ``ticker compose`` command: a form for one item, with a preview under each field."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

from ticker.cli import complete, confirm, options, times
from ticker.cli.output import Output
from ticker.cli.runner import run, settings, usage
from ticker.cli.time_zone import local_now
from ticker.domain.did_you_mean import guess

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.validation import Validator

LABELS = {
    "headline": "Headline",
    "edition": "Edition",
    "level": "Level",
    "sections": "Sections",
    "at": "Time",
    "push": "Alert y/n",
}
"""The fields in order, with what the form calls them."""
FIRST = {"level": "ticker", "at": "now", "push": "n"}
"""What the fields have at first: it stands in brackets, and an empty answer keeps it."""
LEVELS: tuple[str, ...] = get_args(options.Level)
NO = ("n", "no", "")


def compose(
    zone: options.Zone = None, bidi: options.BidiChoice = "auto", as_json: options.Json = False
) -> None:
    """Write an item in a form with a preview, then publish it.

    It asks for one field after the other, and at the end whether to send the item. Tab completes,
    Ctrl-C ends the form. If the newsroom refuses the item, the form comes back as it was filled in.
    """
    out = Output(as_json, bidi)
    settings()  # what is wrong with them is said before the form is filled in
    if not confirm.can_ask(yes=False):
        usage(out, "ticker compose is a form for a terminal; without one, use `ticker publish`")
    try:
        out.now = local_now(zone)
    except ValueError as error:
        usage(out, str(error))
    run(out, _compose(out, zone))


async def _compose(out: Output, zone: str | None) -> int:
    from ticker.cli.publish import send
    from ticker.client.errors import Refused, Unauthorised

    values = dict.fromkeys(LABELS, "") | FIRST
    while True:
        await _fill(out, values)
        out.now = local_now(zone)  # filling in the form took a while, and +10m means from now
        try:
            draft = draft_of(values, out.now)
        except ValueError as error:  # a time that was right when it was typed
            out.note(f"✗ {error}", "bold red")
            continue
        try:
            await confirm.confirm(out, draft, checked=True)
            return await send(out, draft, yes=True, key=None)
        except Unauthorised:
            raise  # no change of the form helps
        except Refused as error:
            out.problem(error)


async def _fill(out: Output, values: dict[str, str]) -> None:
    """Ask for each field, beginning with what ``values`` has; store the answers there."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.input import create_input
    from prompt_toolkit.output import create_output
    from prompt_toolkit.styles import Style

    words = {
        "edition": complete.editions(""),
        "level": list(LEVELS),
        "sections": complete.sections(""),
    }
    session: PromptSession[str] = PromptSession(
        input=create_input(sys.stdin),
        output=create_output(sys.stdout),
        style=Style.from_dict({"bottom-toolbar": "noreverse"}),
    )
    try:
        for name, label in LABELS.items():
            kept = values[name] if name in FIRST else ""
            typed = await session.prompt_async(
                f"{label} [{kept}]: " if kept else f"{label}: ",
                default="" if kept else values[name],
                completer=WordCompleter(words.get(name, [])),
                complete_while_typing=False,
                validator=_validator(name, out.now, kept),
                validate_while_typing=False,
                bottom_toolbar=partial(_toolbar, out, session, values, name),
            )
            values[name] = typed.strip() or kept
    except KeyboardInterrupt:
        confirm.declined(out, "Nothing was published.", confirm.INTERRUPTED)
    except EOFError:
        confirm.declined(out, "Nothing was published.", options.REFUSED)


def _validator(name: str, now: datetime, kept: str) -> Validator:
    from prompt_toolkit.validation import ValidationError, Validator

    class FieldValidator(Validator):
        def validate(self, document: Any) -> None:
            try:
                value(name, document.text.strip() or kept, now)
            except ValueError as error:
                # The library shows a message in one line, cut off; the toolbar wraps its cause.
                raise ValidationError(len(document.text)) from error

    return FieldValidator()


def _toolbar(out: Output, session: PromptSession[str], values: Mapping[str, str], name: str) -> str:
    from ticker.cli import bidi

    buffer = session.default_buffer
    shown = {**values, name: buffer.text} if buffer.text.strip() else values
    width = max(confirm.NARROWEST, session.output.get_size().columns)
    wrong = buffer.validation_error and buffer.validation_error.__cause__
    said = [] if wrong is None else bidi.wrap(f"! {wrong}", width)
    return "\n".join([*said, *preview(shown, width, out)])


def preview(values: Mapping[str, str], width: int, out: Output) -> list[str]:
    """Return the lines that show the item as far as ``values`` are right."""
    draft: dict[str, Any] = {"headline": "", "edition": "?", "level": "ticker"}
    for name, text in values.items():
        try:
            if (found := value(name, text, out.now)) not in (None, [], False):
                draft[name] = found
        except ValueError:  # not yet written to its end
            continue
    lines = confirm.preview(draft, None, width, out.bidi, out.now)
    return [line for line, _ in (lines[:-1] if draft.get("push") else lines)]


def draft_of(values: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Return the draft of a form. Raises ValueError for a field that is wrong."""
    found = {name: value(name, text, now) for name, text in values.items()}
    return {name: one for name, one in found.items() if one not in (None, [], False)}


def value(name: str, text: str, now: datetime) -> Any:
    """Return the value of the field ``name``. Raises ValueError with a message for the user."""
    text = text.strip()
    match name:
        case "headline" | "edition" if not text:
            raise ValueError(f"the {name} is missing")
        case "level" if text not in LEVELS:
            raise ValueError(f"the level is one of {', '.join(LEVELS)}{guess([text], LEVELS)}")
        case "sections":
            return options.split([text])
        case "at":
            return None if text in ("", "now") else times.moment(text, now).isoformat()
        case "push":
            if text.lower() not in (*NO, "y", "yes"):
                raise ValueError("y sends an alert, n sends none")
            return text.lower() not in NO
        case _:
            return text
