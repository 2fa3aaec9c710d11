"""An endpoint's configuration, and its delivery state, as they are stored."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from ticker.domain.clock import rfc3339
from ticker.domain.cursor import ZERO, StreamId
from ticker.domain.filter import Filter
from ticker.webhooks.filter_record import filter_record, read_record
from ticker.webhooks.retry_policy import FailureState
from ticker.webhooks.signature import Secret


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint's configuration. The first of ``secrets`` is the current one."""

    id: str
    url: str
    filter: Filter
    description: str
    created_at: str
    created_by: str
    secrets: tuple[Secret, ...] = field(repr=False)

    def valid(self, now_ms: int) -> tuple[Secret, ...]:
        """Return the secrets that are valid at ``now_ms``: a message is signed with all of them."""
        return tuple(s for s in self.secrets if s.until_ms is None or s.until_ms > now_ms)

    def record(self) -> bytes:
        """Return the bytes to store."""
        return orjson.dumps(
            {
                "id": self.id,
                "url": self.url,
                "filter": filter_record(self.filter),
                "description": self.description,
                "created_at": self.created_at,
                "created_by": self.created_by,
                "secrets": [[s.secret, s.private, s.until_ms] for s in self.secrets],
            }
        )

    @classmethod
    def read(cls, record: bytes) -> Endpoint:
        """Return the endpoint in its stored bytes."""
        data = orjson.loads(record)
        return cls(
            data["id"],
            data["url"],
            read_record(data["filter"]),
            data["description"],
            data["created_at"],
            data["created_by"],
            tuple(Secret(*one) for one in data["secrets"]),
        )


@dataclass(frozen=True, slots=True)
class State:
    """An endpoint's delivery state. Times are in ms since 1970."""

    cursor: StreamId = ZERO
    """Everything up to here was delivered, given up, or does not match the filter."""
    generation: int = 0
    disabled: str | None = None
    """Why the endpoint is disabled, None while it is enabled."""
    disabled_ms: int | None = None
    failure: FailureState = field(default_factory=FailureState)
    retry_ms: int | None = None
    """When the next try is due, None if none is scheduled."""
    last_ms: int | None = None
    """When the last try ended; its status and error follow."""
    last_status: int | None = None
    last_error: str | None = None
    delivered_ms: int | None = None
    delivered: int = 0
    given_up: int = 0
    skipped: int = 0
    """Events that were not sent: their item was retracted, or they cannot be read."""
    gap_ms: int | None = None
    """The wire was trimmed up to here before it was read: events are missing, uncounted."""

    @classmethod
    def read(cls, fields: Mapping[bytes, bytes]) -> State:
        """Return the state in the fields of a Redis hash."""

        def number(name: bytes) -> int | None:
            return None if (value := fields.get(name)) is None else int(value)

        def text(name: bytes) -> str | None:
            return None if (value := fields.get(name)) is None else value.decode()

        return cls(
            StreamId.parse(fields.get(b"cursor", b"0-0")),
            number(b"generation") or 0,
            text(b"disabled"),
            number(b"disabled_ms"),
            FailureState(number(b"failures") or 0, number(b"refusals") or 0, number(b"failing_ms")),
            number(b"retry_ms"),
            number(b"last_ms"),
            number(b"last_status"),
            text(b"last_error"),
            number(b"delivered_ms"),
            number(b"delivered") or 0,
            number(b"given_up") or 0,
            number(b"skipped") or 0,
            number(b"gap_ms"),
        )


def new_endpoint(
    url: str, filter: Filter, description: str, secret: Secret, by: str, now_ms: int
) -> Endpoint:
    """Return a new endpoint with a random id. Pass it to ``Webhooks.add``."""
    id = "we_" + secrets.token_hex(8)
    return Endpoint(id, url, filter, description, rfc3339(now_ms), by, (secret,))
