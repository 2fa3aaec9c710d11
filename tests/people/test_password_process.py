"""The process that hashes passwords: what it answers."""

from __future__ import annotations

from tests.support.cheap_hashing import CHEAP
from ticker.people.password_hashes import PasswordHashes
from ticker.people.password_process import answer

GOOD = "seven grey herons"


def test_it_makes_and_compares_hashes() -> None:
    hashes = PasswordHashes(CHEAP)
    kept = answer(hashes, {"hash": GOOD})
    assert answer(hashes, {"verify": [kept, GOOD]}) is True
    assert answer(hashes, {"verify": [kept, f"{GOOD}s"]}) is False
    assert answer(hashes, {"verify": [None, GOOD]}) is False
