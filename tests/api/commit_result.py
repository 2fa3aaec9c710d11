"""The answer to an editorial operation, checked."""

from __future__ import annotations

from typing import Any

import httpx

from ticker.api.item_schemas import CommitResult

GOOD: dict[str, Any] = {"headline": "Ferry service resumes", "edition": "en"}


def result(response: httpx.Response, status: int = 200) -> Any:
    """Return the body of a response that has the form of every such answer."""
    assert response.status_code == status, response.text
    CommitResult.model_validate_json(response.content)
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    answer = response.json()
    assert response.headers["etag"] == f'"{answer["item"]["version"]}"'
    return answer
