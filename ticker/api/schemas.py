"""The shapes that only HTTP has: small bodies, and the answers as ``/openapi.json`` describes them.

Answers are written by hand where they are made (bytes that exist already are not parsed again to
be validated); the tests validate them against the models here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from ticker.domain.errors import FieldError, Invalid
from ticker.domain.event import Action
from ticker.domain.item import PUBLIC_FIELDS, Draft, Item, LevelName, State, Status, Text
from ticker.push.model.subscription import ENDPOINT_MAX, TOKEN_MAX
from ticker.readership.scores import Kind, Window

DESK_FIELDS = set(Item.model_fields) - {"reach"}
"""What an editor sees of an item: all but the bookkeeping of whose screens it was on."""

M = TypeVar("M", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Retraction(_Strict):
    """Why an item is taken back; for the desk's history only."""

    reason: Text = None


class Beacon(_Strict):
    """One read: an item that was opened, or shared."""

    id: Annotated[str, Field(pattern=r"^[0-9a-hjkmnp-tv-z]{26}$")]
    kind: Kind


class Endpoint(_Strict):
    """A browser's subscription, by the endpoint that its push service gave it."""

    endpoint: Annotated[str, Field(min_length=1, max_length=ENDPOINT_MAX)]


class Device(_Strict):
    """An app's device, by the token that the provider gave it."""

    provider: Literal["fcm", "apns"]
    token: Annotated[str, Field(min_length=1, max_length=TOKEN_MAX)]


class Nothing(_Strict):
    """An empty object; no body at all means the same."""


def _fields(names: Iterable[str]) -> dict[str, Any]:
    """Return fields of ``Item`` for an answer: there is always a value."""
    return {
        name: (field.annotation, ...)
        for name, field in Item.model_fields.items()
        if name in set(names)
    }


def read_reason(data: object) -> str | None:
    """Return the reason in a retraction's body. Raises Invalid that names the wrong field."""
    return _read(Retraction, data).reason


def read_beacon(data: object) -> Beacon:
    """Return the report in ``data``. Raises Invalid that names the wrong field."""
    return _read(Beacon, data)


def read_endpoint(data: object) -> Endpoint:
    """Return the subscription in ``data``. Raises Invalid that names the wrong field."""
    return _read(Endpoint, data)


def read_device(data: object) -> Device:
    """Return the device in ``data``. Raises Invalid that names the wrong field."""
    return _read(Device, data)


def read_nothing(data: object) -> None:
    """Refuse anything but an empty object. Raises Invalid that names the field too many."""
    _read(Nothing, data)


def _read(model: type[M], data: object) -> M:
    if not isinstance(data, dict):
        raise Invalid([FieldError("", "must be a JSON object")])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise Invalid(
            [
                FieldError(".".join(map(str, problem["loc"])), problem["msg"])
                for problem in error.errors(include_url=False, include_input=False)
            ]
        ) from None


PublicItem: type[BaseModel] = create_model(
    "PublicItem",
    __config__=ConfigDict(extra="forbid"),
    __doc__="One version of a line, as everybody sees it. What is absent is null.",
    **_fields(PUBLIC_FIELDS),
)
DeskItem: type[BaseModel] = create_model(
    "DeskItem",
    __config__=ConfigDict(extra="forbid"),
    __doc__="An item as the desk sees it: public fields, state, and what is internal.",
    **_fields(DESK_FIELDS),
)


class HistoryEntry(_Strict):
    """One act on an item; ``wire_id`` is null where nothing became public."""

    wire_id: str | None
    action: str
    version: int
    at: str
    by: str
    note: str | None


ShownItem: type[BaseModel] = create_model(
    "ShownItem",
    __base__=DeskItem,
    __doc__="An item and everything that was done to it, oldest first.",
    history=(list[HistoryEntry], ...),
)


class Result(_Strict):
    """What was committed. ``wire_id`` and ``cursor`` are null where nothing became public."""

    item: DeskItem
    wire_id: str | None
    state: State
    cursor: str | None
    durability: Literal["local", "fsync", "replicated"]
    repeated: bool


class Removal(_Strict):
    """What a ``retract`` or ``expire`` says: which item, nothing of its text."""

    id: str
    version: int
    status: Status
    edition: str
    updated_at: str


class Event(_Strict):
    """One event of the lane; put it on your screen by the item's id."""

    type: Literal["item"]
    cursor: str
    action: Action
    item: PublicItem | Removal


class Snapshot(_Strict):
    """What is out, in display order; ``reason`` is why it comes instead of a replay."""

    cursor: str
    mode: Literal["snapshot"]
    reset: bool
    reason: Literal["epoch", "expired", "ahead"] | None
    items: list[PublicItem]


class Events(_Strict):
    """What happened since the cursor sent, oldest first; with ``more`` ask again at once."""

    cursor: str
    mode: Literal["replay", "live"]
    reset: Literal[False]
    reason: None
    more: bool
    events: list[Event]


class Story(_Strict):
    """The developments of one story, oldest first, and the editions that tell it."""

    story: str
    cursor: str
    editions: list[str]
    items: list[PublicItem]


class Related(_Strict):
    """What else a reader of an item may want, best first."""

    items: list[PublicItem]


class Ranked(_Strict):
    """One item, and how often it was opened and shared since it came out."""

    item: PublicItem
    opens: int
    shares: int


class MostRead(_Strict):
    """What is read most, best first."""

    window: Window
    items: list[Ranked]


class PushKey(_Strict):
    """The ``applicationServerKey`` with which browsers subscribe (RFC 8292 §3.2), in base64url."""

    key: str


class Registered(_Strict):
    """What a browser or device will be told of; no sections means all of them."""

    id: str
    edition: str
    sections: list[str]
    level: LevelName


class WidgetWords(BaseModel):
    """What the widget says in one language: a phrase a member, besides those named here."""

    model_config = ConfigDict(extra="allow")

    lang: str
    dir: Literal["ltr", "rtl"]
    locale: str
    topics: dict[str, str]


class ItemList(_Strict):
    """The desk's latest items, newest first, scheduled ones included."""

    items: list[DeskItem]


class ImportLine(Draft):
    """One line of an import: a draft, with its own idempotency key if it shall be repeatable."""

    key: Annotated[str, Field(max_length=255, pattern="^[!-~]+$")] | None = None


class WrongField(_Strict):
    """One thing to change in a request: its name, and a sentence."""

    field: str
    message: str


class LineResult(_Strict):
    """What became of one line. A refused one has the members of its problem document."""

    model_config = ConfigDict(extra="allow")

    line: int
    status: int
    id: str | None = None
    state: State | None = None
    repeated: bool | None = None
    type: str | None = None
    detail: str | None = None
    errors: list[WrongField] | None = None


class ImportReport(_Strict):
    """What became of an import, line by line, in the order sent."""

    results: list[LineResult]
    published: int
    repeated: int
    refused: int


class Problem(BaseModel):
    """An RFC 9457 problem document. ``type`` is stable, the sentences are for people."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[WrongField] | None = None
    existing: str | None = None
    current: int | None = None
    instance: str | None = None


class Alive(_Strict):
    """The process answers; that is all it says."""

    status: Literal["ok"]


class HopState(_Strict):
    """One hop of an event's way."""

    ok: bool
    detail: str


class Readiness(_Strict):
    """Whether events travel, and the first hop that does not let them pass."""

    ready: bool
    hops: dict[str, HopState]
    silent: str | None
    durability: dict[str, Any]
