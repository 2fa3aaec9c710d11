"""APNs provider tokens, signed here (Apple, "Establishing a token-based connection to APNs").

Apple wants a token used for 20 to 60 minutes, and refuses one whose ``iat`` is not within the last
hour of Apple's clock. A token is renewed after 40 minutes; earlier only if Apple refuses it, at
most once in 20 minutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ticker.push.model.verdicts import Outcome
from workers.push.bearer_tokens import BadCredentials, Bearer, NoToken

RENEW = 40 * 60.0
EXPIRES = 60 * 60.0
"""Seconds since ``iat``."""
FORCED_EVERY = 20 * 60.0
"""Seconds between two tokens that Apple's refusals cause."""
SKEW_MAX = 60.0
"""Seconds by which our clock may differ from Apple's before Apple's is used."""


class AppleTokens:
    """The tokens of one key. Signing takes well under a millisecond, so nothing is awaited."""

    def __init__(
        self,
        key: EllipticCurvePrivateKey,
        key_id: str,
        team_id: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._key = key
        self._key_id = key_id
        self._team_id = team_id
        self._clock = clock
        self._offset = 0.0
        """Apple's clock minus ours; 0 within ``SKEW_MAX``."""
        self._current: Bearer | None = None
        self._forced = -FORCED_EVERY
        self.minted = 0
        """Tokens signed so far."""

    def current(self) -> Bearer:
        """Return the token to use now."""
        bearer, now = self._current, self._clock()
        if bearer is None or not 0 <= now - bearer.minted < RENEW:
            bearer = self._mint(now)
        return bearer

    def renewed(self, refused: Bearer) -> Bearer:
        """Return a new token in place of the one that Apple ``refused``.

        Requests of one moment are refused together: the first of them signs, the others get the
        same. Raises NoToken if Apple refused a new one in the last ``FORCED_EVERY`` seconds.
        """
        if self._current is not None and self._current is not refused:
            return self._current
        now = self._clock()
        if 0 <= now - self._forced < FORCED_EVERY:
            raise NoToken(Outcome.STOP, "Apple refuses our provider tokens, new ones as well")
        self._forced = now
        return self._mint(now)

    def skewed(self, refused: Bearer, theirs: float) -> bool:
        """Tell whether ``refused`` used another clock than Apple's; use Apple's from now on.

        ``theirs`` is the Date of Apple's answer, in seconds since 1970. Requests of one moment are
        refused together: after the first of them, ``refused`` is known to be of the old clock.
        """
        if refused is not self._current:
            return True
        offset = theirs - self._clock()
        if abs(offset - self._offset) <= SKEW_MAX:
            return False
        self._offset = offset if abs(offset) > SKEW_MAX else 0.0
        return True

    def _mint(self, now: float) -> Bearer:
        token = jwt.encode(
            {"iss": self._team_id, "iat": int(now + self._offset)},
            self._key,
            algorithm="ES256",
            headers={"kid": self._key_id},
        )
        self.minted += 1
        self._current = Bearer(b"bearer " + token.encode(), now, now + EXPIRES)
        return self._current


def signing_key(text: bytes) -> EllipticCurvePrivateKey:
    """Return the key in the text of a ``.p8`` file. Raises BadCredentials."""
    try:
        key = load_pem_private_key(text, None)
    except (ValueError, TypeError):  # TypeError: it wants a password
        raise BadCredentials("apns_key_file holds no private key in PEM") from None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise BadCredentials("apns_key_file holds a key that is not of P-256")
    return key
