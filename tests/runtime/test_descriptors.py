"""The limit of open files."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

from ticker.runtime.descriptors import limit, raise_limit


@pytest.fixture(autouse=True)
def same_limit_afterwards() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_soft_limit_is_raised_to_the_hard_one() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    assert limit() == 200
    assert raise_limit() == limit() == hard


def test_a_system_that_refuses_keeps_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("not allowed to raise maximum limit")

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert raise_limit() == 200
    monkeypatch.undo()
