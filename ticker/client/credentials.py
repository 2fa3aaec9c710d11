"""The headers by which the newsroom knows who sends a request. Pure."""

from __future__ import annotations

SESSION_PREFIX = "ts_"
"""How the token of a session begins; an editor key begins otherwise."""


def is_session(key: str | None) -> bool:
    """Return whether ``key`` is the token of a session."""
    return key is not None and key.startswith(SESSION_PREFIX)


def credentials(key: str | None) -> dict[str, str]:
    """Return the headers for an editor key, or for the token of a session; none for None.

    A session's cookie has another name over HTTPS, as the server sees it: behind a proxy that is
    not told by the address. So both names are sent.
    """
    if not key:
        return {}
    if is_session(key):
        cookie = f"ticker_session={key}; __Host-ticker_session={key}"
        return {"Authorization": "Session", "Cookie": cookie}
    return {"Authorization": f"Bearer {key}"}
