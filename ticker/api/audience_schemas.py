"""Schema of the audience."""

from __future__ import annotations

from ticker.api.schema import Schema


class AudienceShown(Schema):
    """Readers now. ``gateways`` is the number of processes that report, for editors."""

    readers: int
    editions: dict[str, int]
    sections: dict[str, int]
    stories: dict[str, int]
    exact: bool
    gateways: int | None = None
