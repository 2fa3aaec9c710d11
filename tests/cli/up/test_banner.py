"""The banner of ``ticker up``: it names the store that runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from ticker.cli.up.banner import Banner


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ("valkey-server", "embedded Valkey, synced to disk at every write"),
        ("redis-server", "embedded Redis, synced to disk at every write"),
        (None, "your Redis"),
    ],
)
def test_the_store_is_called_what_it_is(store: str | None, said: str) -> None:
    """Without the embedded Valkey, the server on the PATH runs; it was called Valkey too."""
    text = Banner(
        url="http://127.0.0.1:8000",
        metrics_url=None,
        data=Path(".ticker").absolute(),
        key_file=Path("key"),
        new_key=False,
        store=store,
        editions=["en"],
        demo=False,
        seconds=1.0,
    ).text()
    assert f"    Database    {said}\n" in text
