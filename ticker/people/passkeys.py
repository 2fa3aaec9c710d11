"""Passkeys (WebAuthn level 2): a person's device signs a challenge, after it has seen who it is.

A challenge carries its time and is sealed with a secret of the newsroom, for one purpose and one
browser, so nothing is kept of those that nobody answers. The signature of a device covers the
challenge and the origin of the page, so an answer is of no use at another site or in another
browser. py_webauthn checks it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

from ticker.domain.messages import said
from ticker.domain.text import shortened

LIFETIME_MS = 300_000
"""Milliseconds in which a challenge has to be answered."""
ANSWERS_MAX = 30
"""Answers of one passkey within ``LIFETIME_MS``. The next one is refused."""
PASSKEYS_MAX = 10
"""Passkeys of one account. The next one is refused."""
NAME_MAX = 64
ID_DIGITS = 12
AHEAD_MS = 10_000
"""Milliseconds by which the clock of the machine that made a challenge may be ahead of this one."""
REASON_MAX = 200
CREDENTIAL_MAX = 1_023
"""Bytes of a credential's id (WebAuthn level 3, §6.5.1)."""
KEY_MAX = 2_048
"""Bytes of a public key: more than the largest that authenticators use, RSA with 4,096 bits."""
_PORTS = {"http": 80, "https": 443}

Purpose: TypeAlias = Literal["register", "sign in", "prove"]


class PasskeyError(Exception):
    """An answer of a device that does not count; its text says why."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey of an account. Times are RFC 3339; ``used_at`` is None until it is used.

    ``credential`` and ``public_key`` are in base64url. ``count`` is the device's own counter, which
    most keep at 0. ``answered`` are the challenges that it has answered and that have not expired,
    in hex: each counts once, in whatever order two tabs of a browser send their answers.
    """

    credential: str
    public_key: str
    count: int
    name: str
    created_at: str
    used_at: str | None = None
    answered: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Its name in lists and in the audit."""
        return hashlib.sha256(self.credential.encode()).hexdigest()[:ID_DIGITS]

    def with_answer(self, challenge: bytes, count: int, at: str, now_ms: int) -> Passkey:
        """Return the passkey after an answer to ``challenge``, checked before but for its count.

        Raises PasskeyError if the challenge was answered before.
        """
        answer = _told(challenge).hex()
        kept = tuple(
            one for one in self.answered if now_ms - _made_ms(bytes.fromhex(one)) <= LIFETIME_MS
        )
        # Of two answers at once, one has been counted since the check of the counter.
        if answer in kept or (count and self.count >= count):
            raise PasskeyError(said("passkey-used"))
        if len(kept) >= ANSWERS_MAX:
            raise PasskeyError(said("passkey-often"))
        return replace(self, count=count, used_at=at, answered=(*kept, answer))


def read_passkey(data: Mapping[str, Any]) -> Passkey:
    """Return the passkey in a stored record."""
    return Passkey(**{**data, "answered": tuple(data.get("answered") or ())})


@dataclass(frozen=True, slots=True)
class Site:
    """The newsroom's address as browsers have it: a passkey belongs to its host."""

    address: str

    @property
    def origin(self) -> str:
        """The address as a browser writes an origin: in lower case, without the usual port."""
        parts = urlsplit(self.address.lower())
        usual = parts.port is None or parts.port == _PORTS.get(parts.scheme)
        return f"{parts.scheme}://{self.host}" + ("" if usual else f":{parts.port}")

    @property
    def host(self) -> str:
        """The relying party's id."""
        return urlsplit(self.address).hostname or ""


def user_handle(account: str, created_at: str) -> bytes:
    """Return what a device knows an account by; one made anew under the same name is another."""
    return hashlib.sha256(f"{account}\0{created_at}".encode()).digest()


def new_challenge(secret: bytes, purpose: Purpose, holder: str, now_ms: int) -> bytes:
    """Return a challenge for ``holder``: the browser that it is for, and its account if known."""
    told = now_ms.to_bytes(8, "big") + os.urandom(16)
    return told + _seal(secret, purpose, holder, told)


def check_challenge(
    challenge: bytes, secret: bytes, purpose: Purpose, holder: str, now_ms: int
) -> None:
    """Raise PasskeyError unless it is a challenge of this newsroom that has not expired."""
    told, seal = _told(challenge), challenge[24:]
    if not hmac.compare_digest(seal, _seal(secret, purpose, holder, told)):
        raise PasskeyError(said("passkey-challenge"))
    if not -AHEAD_MS <= now_ms - _made_ms(told) <= LIFETIME_MS:
        raise PasskeyError(said("passkey-late"))


def creation_options(
    site: Site, newsroom: str, handle: bytes, name: str, challenge: bytes, have: Sequence[Passkey]
) -> str:
    """Return what the browser needs to make a passkey (PublicKeyCredentialCreationOptions)."""
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=newsroom,
        user_name=name,
        user_id=handle,
        challenge=challenge,
        timeout=LIFETIME_MS,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            structs.PublicKeyCredentialDescriptor(id=from_text(one.credential)) for one in have
        ],
    )
    return webauthn.options_to_json(options)


def request_options(site: Site, challenge: bytes, known: Sequence[Passkey] = ()) -> str:
    """Return what the browser needs to ask a device (PublicKeyCredentialRequestOptions).

    ``known`` are the passkeys that may answer; without them, any of this newsroom.
    """
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        timeout=LIFETIME_MS,
        user_verification=structs.UserVerificationRequirement.REQUIRED,
        allow_credentials=[
            structs.PublicKeyCredentialDescriptor(id=from_text(one.credential)) for one in known
        ],
    )
    return webauthn.options_to_json(options)


def registered(
    answer: Mapping[str, Any], site: Site, challenge: bytes, name: str, at: str
) -> Passkey:
    """Return the passkey that a device has made. Raises PasskeyError."""
    import webauthn

    try:
        made = webauthn.verify_registration_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception as error:  # noqa: BLE001  # py_webauthn reads untrusted data
        raise _wrong(error) from None
    if len(made.credential_id) > CREDENTIAL_MAX or len(made.credential_public_key) > KEY_MAX:
        raise PasskeyError(said("passkey-too-long"))
    return Passkey(
        to_text(made.credential_id), to_text(made.credential_public_key), made.sign_count, name, at
    )


def signed_count(answer: Mapping[str, Any], passkey: Passkey, site: Site, challenge: bytes) -> int:
    """Return the device's counter if ``passkey`` has signed the answer. Raises PasskeyError."""
    import webauthn

    try:
        found = webauthn.verify_authentication_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=from_text(passkey.public_key),
            credential_current_sign_count=passkey.count,
            require_user_verification=True,
        )
    except Exception as error:  # noqa: BLE001  # py_webauthn reads untrusted data
        raise _wrong(error) from None
    return found.new_sign_count


def challenge_of(answer: Mapping[str, Any]) -> bytes:
    """Return the challenge that an answer says it answers; nothing of it is checked here.

    Raises PasskeyError.
    """
    import orjson

    try:
        told = orjson.loads(from_text(answer["response"]["clientDataJSON"]))
        challenge = from_text(told["challenge"])
        framed = told.get("crossOrigin") not in (None, False)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise PasskeyError(said("passkey-unreadable")) from None
    if framed:
        raise PasskeyError(said("passkey-frame"))
    return challenge


def handle_of(answer: Mapping[str, Any]) -> bytes:
    """Return the user handle of an answer to sign in. Raises PasskeyError."""
    try:
        return from_text(answer["response"]["userHandle"])
    except (KeyError, TypeError, ValueError):
        raise PasskeyError(said("passkey-whose")) from None


def to_text(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """Return the bytes in base64url, with or without padding. Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError("no base64url")
    return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def _told(challenge: bytes) -> bytes:
    """Return what a challenge says, without its seal: when it was made, and random bytes."""
    return challenge[:24]


def _made_ms(told: bytes) -> int:
    return int.from_bytes(told[:8], "big")


def _wrong(error: Exception) -> PasskeyError:
    text = shortened(str(error), REASON_MAX)  # it repeats what the browser has sent
    return PasskeyError(said("passkey-refused", cause=text))


def _seal(secret: bytes, purpose: Purpose, holder: str, told: bytes) -> bytes:
    return hmac.digest(secret, f"{purpose}\0{holder}\0".encode() + told, "sha256")
