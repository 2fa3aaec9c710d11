"""A refused request is shown in the failure of a test with the words of the answer."""

from __future__ import annotations

import httpx


def check_status(answer: httpx.Response) -> None:
    """Raise HTTPStatusError with the body of the answer, unless it is a success."""
    try:
        answer.raise_for_status()
    except httpx.HTTPStatusError as error:
        error.add_note(answer.text)
        raise
