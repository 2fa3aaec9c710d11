"""The challenge of a refused request (RFC 6750 §3)."""

from __future__ import annotations

from ticker.domain.errors import EditionNotInToken, InvalidToken, TickerError, Unauthorised


def challenge(error: TickerError) -> str:
    """Return the value of ``WWW-Authenticate`` for ``error``; empty if it needs none."""
    match error:
        case InvalidToken():
            details = f'error="invalid_token", error_description="{error.detail}"'
            return f'Bearer realm="ticker", {details}'
        case EditionNotInToken():
            return 'Bearer realm="ticker", error="insufficient_scope"'
        case Unauthorised():
            return 'Bearer realm="ticker"'
        case _:
            return ""
