"""What a refused request was told belongs to the failure that a test shows."""

from __future__ import annotations

import httpx


def check_status(answer: httpx.Response) -> None:
    """Raise HTTPStatusError with the body of the answer, unless it is a success."""
    try:
        answer.raise_for_status()
    except httpx.HTTPStatusError as error:
        error.add_note(answer.text)
        raise
