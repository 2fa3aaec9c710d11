"""Settings: sign-in with OpenID Connect."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from ticker.config.fields import Record
from ticker.config.values import Length
from ticker.domain.shape import Shape

if TYPE_CHECKING:
    pass


class OpenIdSettings(Record):
    """Sign-in with OpenID Connect."""

    openid_issuer: Annotated[
        str, Length(500), Shape(r"(https?://[^\s?#]+)?", "must be an http or https address")
    ] = ""
    """Issuer of the OpenID Connect provider with which people sign in to the console, for example
    `https://login.example/realms/news`. Requires `public_url`. A provider in a private network, and
    one with http, requires that `outbound_private_networks` names the network."""
    openid_client_id: Annotated[str, Length(255)] = ""
    """Name of this newsroom at the provider."""
    openid_client_secret_file: Path | None = None
    """File with the secret of this newsroom at the provider. It is read for every sign-in. Without
    it, the newsroom is a public client."""
    openid_scope: Annotated[str, Length(500, 1)] = "openid profile email"
    """What is asked of the provider."""
    openid_name_claim: Annotated[str, Length(100, 1)] = "name"
    """Claim of the ID token with the name that an account gets when its person first signs in."""
    openid_role_claim: Annotated[str, Length(100, 1)] = "groups"
    """Claim of the ID token whose values decide on role and editions."""
    openid_roles: dict[str, Literal["reporter", "editor", "chief"]] = {}  # noqa: RUF012
    """Role of each value of the role claim, for example `{"news-desk" = "editor"}`. The highest
    role counts. Whoever has none may not sign in."""
    openid_editions: dict[str, tuple[str, ...]] = {}  # noqa: RUF012
    """Editions of each value of the role claim, for example `{"desk-arabic" = ["ar"]}`; `*` stands
    for all. Empty: everybody is for all editions. Otherwise whoever has none may not sign in."""
    openid_label: Annotated[str, Length(40)] = ""
    """Name of the provider on the button of the sign-in page. Default: its host."""
