"""Settings: retention."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from ticker.config.fields import Record
from ticker.config.types import Origin
from ticker.config.values import Bounds
from ticker.domain.item_limits import LevelName
from ticker.domain.shape import Shape

if TYPE_CHECKING:
    pass


class RetentionSettings(Record):
    """Retention."""

    item_ttl: Annotated[int, Bounds(ge=60)] = 3 * 86_400
    """Seconds until an item without an expiry of its own expires. Pinned items do not expire."""
    current_items_max: Annotated[int, Bounds(ge=1, le=100_000)] = 20_000
    """Maximum number of current items. Above it, the oldest expire."""
    replay_window: Annotated[int, Bounds(ge=10, le=1_000_000)] = 10_000
    """Events that a server keeps for replay. A reader with an older cursor gets a snapshot."""
    lane_events_max: Annotated[int, Bounds(ge=10, le=10_000_000)] = 20_000
    """Events that Redis keeps in the lane, at least `replay_window`. Current items are kept beside
    it."""
    wire_events_max: Annotated[int, Bounds(ge=10, le=100_000_000)] = 200_000
    """Events that Redis keeps on the wire: with them, the history of items."""
    archive_ttl: Annotated[int, Bounds(ge=60)] = 90 * 86_400
    """Seconds for which editors can read a retracted or expired item, and for which an entry is
    recognised that was imported and then not seen any more."""
    archive_url: Annotated[
        str,
        Shape(
            r"(sqlite:[^\x00-\x1f\x7f]+|postgres(ql)?://[^\s]+)?",
            "must be sqlite:PATH or postgresql://USER@HOST/DATABASE",
        ),
    ] = ""
    """Where the archive is, which has every item that was ever live: `sqlite:PATH` for one machine,
    `postgresql://USER@HOST/DATABASE` for several. Without it there is no search and no archive;
    `ticker up` keeps one in its data directory."""
    archive_password_file: Path | None = None
    """File with the password for `archive_url`. It is read for every new connection."""
    media_url: Annotated[
        str,
        Shape(
            r"(file:[^\x00-\x1f\x7f]+|s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?)?",
            "must be file:PATH or s3://BUCKET/PREFIX",
        ),
    ] = ""
    """Where pictures are stored that editors upload: `file:PATH`, a directory that all web
    processes share, or `s3://BUCKET/PREFIX` (`pip install 'ticker[s3]'`). Without it, items can
    only name pictures by their addresses; `ticker up` keeps a directory in its data directory."""
    media_endpoint: Origin | None = None
    """Address of an S3-compatible server, for example `https://minio.example`. Default:
    Amazon's."""
    media_region: Annotated[
        str, Shape(r"[a-z0-9-]{1,32}", "must be a region, such as eu-west-1")
    ] = "us-east-1"
    """Region of the bucket."""
    media_credentials_file: Path | None = None
    """File with the key of the bucket, in the form of AWS' credentials file (`aws_access_key_id`
    and `aws_secret_access_key`). Default: the usual variables `AWS_…`, or the machine's role."""
    media_public_url: Annotated[
        str,
        Shape(r"(https?://[^\s?#]+[^\s?#/])?", "must be an http or https address"),
    ] = ""
    """Public address of the stored pictures, of a CDN or a public bucket for example. Default:
    `/media` at `public_url`."""
    media_bytes_max: Annotated[int, Bounds(ge=1_048_576)] = 20_000_000_000
    """Bytes that all stored pictures may have. Further ones are refused with 507."""
    media_unused_ttl: Annotated[int, Bounds(ge=60)] = 86_400
    """Seconds after which a picture is deleted that no item has named."""
    idempotency_ttl: Annotated[int, Bounds(ge=60)] = 7 * 86_400
    """Seconds for which an `Idempotency-Key` is known."""
    duplicate_window: Annotated[int, Bounds(ge=0)] = 600
    """Seconds for which an identical item is refused as a duplicate; 0 switches the check off."""
    undo_window: Annotated[float, Bounds(ge=0, le=10)] = 0.0
    """Seconds for which a published item waits before it goes out, so that its editor can take it
    back; 0 sends it at once. `--undo-window` has another one for one item."""

    audit_days: Annotated[int, Bounds(ge=1, le=3_650)] = 90
    """Days for which the audit is kept: who did what, and when."""
    audit_entries_max: Annotated[int, Bounds(ge=1_000)] = 100_000
    """Entries of the audit that Redis keeps, however old they are: about 500 bytes each, and the
    texts of items beside them."""
    audit_retracted: Literal["text", "hash"] = "hash"
    """What the audit keeps of the texts of an item after its retraction: the texts, or only their
    SHA-256."""

    two_person_levels: tuple[LevelName, ...] = ()
    """Levels that a second editor has to approve before they go out, as a JSON list, for example
    `["bulletin", "flash"]`. Until then such an item is a draft. Empty at first, because a newsroom
    with one key could then send no flash."""
    second_person_after: Annotated[int, Bounds(ge=0, le=30 * 86_400)] = 86_400
    """Seconds for which somebody cannot be the second person after another editor has made their
    account or key, given them a new password or further rights, or switched their one-time codes
    off. 0 switches this off."""

    def check(self) -> None:
        """Check what concerns several of them. Raises ValueError."""
        if self.lane_events_max < self.replay_window:
            raise ValueError(
                "lane_events_max must be at least replay_window, or a restart shortens the replay"
            )
