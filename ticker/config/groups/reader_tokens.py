"""Settings: reader tokens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from ticker.config.fields import Record
from ticker.config.values import Bounds, Length
from ticker.domain.shape import Shape

if TYPE_CHECKING:
    pass


class ReaderTokenSettings(Record):
    """Reader tokens."""

    reader_token_editions: tuple[str, ...] = ()
    """Editions for readers with a token alone (a JSON web token, JWT); `*` stands for all. Without
    any, everybody may read everything. docs/guide/reader-tokens.md explains the tokens."""
    reader_token_keys_url: Annotated[
        str, Shape(r"(https?://[^\s]+)?", "must be an http or https address")
    ] = ""
    """Address of the JWK set whose keys sign the tokens, for example
    `https://login.example/.well-known/jwks.json`. An address in a private network, and http,
    requires that `outbound_private_networks` names the network."""
    reader_token_keys_file: Path | None = None
    """File with a JWK set, or with one public key in PEM. It is read again like an address."""
    reader_token_secret_file: Path | None = None
    """File with a secret of at least 32 bytes that signs the tokens with HS256."""
    reader_token_algorithms: tuple[Literal["RS256", "ES256", "EdDSA"], ...] = (
        "RS256",
        "ES256",
        "EdDSA",
    )
    """Algorithms of public keys that are allowed. HS256 is allowed with `reader_token_secret_file`
    alone, and then no other is."""
    reader_token_audience: Annotated[str, Length(255, least=1)] = "ticker"
    """Audience (`aud`) that a token must name."""
    reader_token_issuer: Annotated[str, Length(255)] = ""
    """Issuer (`iss`) that a token must name. Default: any."""
    reader_token_leeway: Annotated[int, Bounds(ge=0, le=300)] = 30
    """Seconds by which the issuer's clock may differ from this server's."""
    reader_token_lifetime_max: Annotated[int, Bounds(ge=60)] = 86_400
    """Seconds for which a token may be valid. A longer one is refused."""
    reader_token_refresh: Annotated[int, Bounds(ge=10, le=86_400)] = 300
    """Seconds after which the keys are read again. A token with an unknown key has them read at
    once, but at most once a minute. While they cannot be read, the last ones stay in force."""
    reader_token_cookie: Annotated[
        str, Shape(r"[A-Za-z0-9_-]{0,64}", "must be at most 64 letters, digits, '_' or '-'")
    ] = "ticker_token"
    """Name of the cookie in which browsers send a token; Ticker never sets it. Empty: no cookie is
    read."""
