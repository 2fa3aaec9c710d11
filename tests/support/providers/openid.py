"""An OpenID Connect provider made of Authlib's server side, on a port of this machine.

It asks for PKCE, and gives each person the claims in ``people``. A browser signs in by naming the
person in the query: there is no form.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import flask
import werkzeug.serving
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode, UserInfo
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "ticker", "a secret: with / and +"


class _Client(ClientMixin):  # type: ignore[misc]
    def __init__(self, redirect_uri: str) -> None:
        self.redirect_uri = redirect_uri

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


class _Code:
    """A code that has been given out."""

    def __init__(self, request: Any, person: str, auth_time: int) -> None:
        data = request.payload.data
        self.auth_time = auth_time
        self.person = person
        self.nonce = data.get("nonce")
        self.redirect_uri = data.get("redirect_uri")
        self.scope = data.get("scope")
        self.code_challenge = data.get("code_challenge")
        self.code_challenge_method = data.get("code_challenge_method")

    def get_redirect_uri(self) -> str:
        return str(self.redirect_uri)

    def get_scope(self) -> str:
        return str(self.scope)

    def get_nonce(self) -> str:
        return str(self.nonce)

    def get_auth_time(self) -> int:
        return self.auth_time

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class OpenIdProvider:
    """The provider. ``redirect_uri`` is the only one that it knows."""

    def __init__(self, redirect_uri: str) -> None:
        self.people: dict[str, dict[str, Any]] = {}
        self.codes: dict[str, _Code] = {}
        self.skew = 0
        """Seconds by which its clock is ahead."""
        self.signed_in: dict[str, int] = {}
        """When people have entered something here; somebody new does so at the first request."""
        self.url = ""
        self.rotate()
        provider = self
        app = flask.Flask(__name__)
        client = _Client(redirect_uri)
        server = AuthorizationServer(app, lambda _: client, lambda token, request: None)

        class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
            TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]  # noqa: RUF012

            def save_authorization_code(self, code: str, request: Any) -> None:
                provider.codes[code] = _Code(request, *request.user)

            def query_authorization_code(self, code: str, client: Any) -> _Code | None:
                return provider.codes.get(code)

            def delete_authorization_code(self, authorization_code: _Code) -> None:
                provider.codes = {
                    code: one
                    for code, one in provider.codes.items()
                    if one is not authorization_code
                }

            def authenticate_user(self, authorization_code: _Code) -> str:
                return str(authorization_code.person)

        class Tokens(OpenIDCode):  # type: ignore[misc]
            def exists_nonce(self, nonce: str, request: Any) -> bool:
                return False

            def resolve_client_private_key(self, client: Any) -> RSAKey:
                return provider.key

            def get_client_algorithm(self, client: Any) -> str:
                return "RS256"

            def get_client_claims(self, client: Any) -> dict[str, Any]:
                now = int(time.time()) + provider.skew
                return {
                    "iss": provider.url,
                    "aud": [client.get_client_id()],
                    "iat": now,
                    "exp": now + 300,
                }

            def get_encode_header(self, client: Any) -> dict[str, Any]:
                return {"alg": "RS256", "kid": provider.key.kid}

            def generate_user_info(self, user: str, scope: str) -> UserInfo:
                return UserInfo(sub=user, **provider.people[user])

        server.register_grant(CodeGrant, [Tokens(require_nonce=True), CodeChallenge(required=True)])

        @app.get("/.well-known/openid-configuration")
        def configuration() -> Any:
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            }

        @app.get("/keys")
        def keys() -> Any:
            return KeySet([self.key]).as_dict(private=False)

        @app.get("/authorize")
        def authorize() -> Any:
            person = flask.request.headers.get("x-person", "")
            try:
                grant = server.get_consent_grant(end_user=person or None)
            except OAuth2Error as error:
                return str(error), 400
            if flask.request.args.get("prompt") == "login":
                self.signed_in.pop(person, None)
            user = (person, self.signed_in.setdefault(person, int(time.time())))
            return server.create_authorization_response(
                grant_user=user if person else None, grant=grant
            )

        @app.post("/token")
        def token() -> Any:
            return server.create_token_response()

        self.app = app

    def rotate(self) -> None:
        """Sign with a new key, and publish no other."""
        self.key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


@contextmanager
def running(provider: OpenIdProvider) -> Iterator[OpenIdProvider]:
    """Run ``provider`` in a thread."""
    server = werkzeug.serving.make_server("127.0.0.1", 0, provider.app, threaded=True)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
