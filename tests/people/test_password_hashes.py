"""Hashes of passwords: their parameters, and what fits them."""

from __future__ import annotations

from tests.support.cheap_hashing import CHEAP
from ticker.people.password_hashes import PasswordHashes

GOOD = "seven grey herons"


def test_a_hash_fits_its_password_in_whatever_form_it_is_typed() -> None:
    hashes = PasswordHashes(CHEAP)
    kept = hashes.hash("contraseña segura")
    assert kept.startswith("$argon2id$")
    assert "segura" not in kept
    assert hashes.verify(kept, "contrasen\N{COMBINING TILDE}a segura")
    assert not hashes.verify(kept, "contrasena segura")


def test_an_account_that_does_not_exist_costs_a_hash_too() -> None:
    hashes = PasswordHashes(CHEAP)
    assert not hashes.verify(None, GOOD)
    assert not hashes.verify(None, "an account that does not exist")
    assert not hashes.verify("no hash at all", GOOD)
