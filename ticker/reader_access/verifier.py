"""Verifies reader tokens (RFC 7519, RFC 8725), each once: the results are cached by a hash.

A verification takes less than 0.2 ms. A token is at most ``TOKEN_MAX`` long, and the results of
valid and refused tokens are kept apart, so that a flood of wrong tokens displaces no valid one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import jwt

from ticker.reader_access.key_set import Key, KeySet
from ticker.reader_access.verdicts import (
    TOKEN_MAX,
    Granted,
    Pending,
    Refused,
    Rules,
    Verdict,
)

VALID_MAX = 50_000
"""Valid tokens that are remembered, of about 300 bytes each: as many as readers, by default."""
REFUSED_MAX = 4_096
ABSENT_MAX = 1_000
"""Names of keys that are remembered because the set did not have them."""
KEYS_TRIED = 3
"""Keys that are tried for a token that names none."""


class Verifier:
    """Verifies tokens with the keys of ``use``. ``clock`` is seconds since 1970."""

    def __init__(self, rules: Rules, clock: Callable[[], float]) -> None:
        self._rules = rules
        self._clock = clock
        self._keys = KeySet()
        self._loaded = False
        self._valid: OrderedDict[bytes, Granted] = OrderedDict()
        self._refused: OrderedDict[bytes, Refused] = OrderedDict()
        self._asked: dict[str, None] = {}
        """Names of keys that are missing, and were not looked for yet."""
        self._absent: dict[str, None] = {}
        """Names of keys that were looked for and not found."""
        self.generation = 0
        """Another number after every change of the keys."""
        self.verified = 0
        """Signatures that were checked."""

    def __len__(self) -> int:
        return len(self._valid) + len(self._refused)

    @property
    def wants_keys(self) -> bool:
        """Tell whether a token names a key that was not looked for yet."""
        return bool(self._asked)

    @property
    def keys(self) -> int:
        """Return the number of keys in force."""
        return len(self._keys.keys)

    def use(self, keys: KeySet) -> None:
        """Use these keys from now on. Tokens are verified again if they are other keys."""
        changed = keys != self._keys
        self._keys = keys
        self._loaded = True
        self._absent = {id: None for id in self._asked if id not in keys}
        self._asked.clear()
        self._refused.clear()
        if changed:
            self.generation += 1
            self._valid.clear()

    def in_force(self, granted: Granted) -> bool:
        """Tell whether the key that verified a token is still there."""
        return granted.key in self._keys.keys

    def lacks_key(self, token: str) -> bool:
        """Tell whether ``token`` names a key that must be looked for. Checks no signature.

        The caller has the keys read.
        """
        if self.known(token) is not None or not 0 < len(token) <= TOKEN_MAX:
            return False
        try:
            id = jwt.get_unverified_header(token).get("kid", "")
        except (jwt.PyJWTError, ValueError, RecursionError):
            return False
        missing = not self._loaded or (isinstance(id, str) and id and id not in self._keys)
        return bool(missing) and isinstance(self._missing(str(id)), Pending)

    def known(self, token: str) -> Granted | Refused | None:
        """Return the cached result for ``token``, without any verification."""
        digest = _digest(token)
        granted = self._valid.get(digest)
        if granted is None:
            return self._refused.get(digest)
        if self._clock() >= granted.expires:
            del self._valid[digest]
            return self._keep_refused(digest, Refused("expired"))
        self._valid.move_to_end(digest)
        return granted

    def check(self, token: str) -> Verdict:
        """Return the verdict about ``token``."""
        known = self.known(token)
        if known is not None:
            return known
        if not 0 < len(token) <= TOKEN_MAX or not token.isascii():
            return Refused("malformed")  # not cached: hashing it was the whole cost
        verdict = self._check(token)
        if isinstance(verdict, Granted):
            self._valid[_digest(token)] = verdict
            if len(self._valid) > VALID_MAX:
                self._valid.popitem(last=False)
        elif isinstance(verdict, Refused) and verdict.reason != "not_yet_valid":
            self._keep_refused(_digest(token), verdict)
        return verdict

    def _keep_refused(self, digest: bytes, verdict: Refused) -> Refused:
        self._refused[digest] = verdict
        if len(self._refused) > REFUSED_MAX:
            self._refused.popitem(last=False)
        return verdict

    def _check(self, token: str) -> Verdict:
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, RecursionError):
            return Refused("malformed")
        algorithm, id = header.get("alg"), header.get("kid", "")
        if not isinstance(algorithm, str) or not isinstance(id, str):
            return Refused("malformed")
        if not self._loaded:
            return self._missing(id)
        keys = self._keys.matching(id, algorithm)
        if not keys:
            if id and id not in self._keys:
                return self._missing(id)
            return Refused("algorithm")
        verdict: Verdict = Refused("signature")
        for key in keys[:KEYS_TRIED]:
            self.verified += 1
            try:
                claims = jwt.decode(
                    token,
                    key.material,
                    algorithms=[key.algorithm],
                    audience=self._rules.audience,
                    issuer=self._rules.issuer or None,
                    # Times are checked below, by a clock that tests can set.
                    options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
                )
            except jwt.InvalidSignatureError:
                continue
            except (
                jwt.InvalidAudienceError,
                jwt.InvalidIssuerError,
                jwt.MissingRequiredClaimError,
            ) as e:
                return _claim(e)
            except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
                return Refused("malformed")
            return self._judge(claims, key)
        return verdict

    def _missing(self, id: str) -> Pending | Refused:
        if id in self._absent and self._loaded:
            return Refused("unknown_key")
        if len(self._asked) < ABSENT_MAX:
            self._asked[id] = None
        return Pending()

    def _judge(self, claims: dict[str, Any], key: Key) -> Granted | Refused:
        now, rules = self._clock(), self._rules
        times = [claims.get("exp"), claims.get("nbf", 0), claims.get("iat", now)]
        if not all(map(_is_time, times)):
            return Refused("claims")
        expires, begins, issued = map(float, times)
        editions = claims.get("editions")
        if editions != "*" and not (
            isinstance(editions, list) and all(isinstance(one, str) for one in editions)
        ):
            return Refused("claims")
        if now >= expires + rules.leeway:
            return Refused("expired")
        if now < max(begins, issued) - rules.leeway:
            return Refused("not_yet_valid")
        if expires - issued > rules.lifetime_max + rules.leeway:
            return Refused("lifetime")
        named = None if editions == "*" else frozenset(editions)
        return Granted(named, expires + rules.leeway, key)


def _claim(error: jwt.PyJWTError) -> Refused:
    missing = error.claim if isinstance(error, jwt.MissingRequiredClaimError) else ""
    if isinstance(error, jwt.InvalidIssuerError) or missing == "iss":
        return Refused("issuer")
    if isinstance(error, jwt.InvalidAudienceError) or missing == "aud":
        return Refused("audience")
    return Refused("claims")


def _is_time(value: object) -> bool:
    """Tell whether ``value`` is a number of seconds that can be counted with."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12


def _digest(token: str) -> bytes:
    return blake2b(token.encode(errors="replace"), digest_size=16).digest()
