"""FCM HTTP v1 as far as a sender sees it: authentication, a strict look at messages, its errors."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import orjson
from jsonschema import Draft202012Validator

from tests.net.peer import Request, Response
from tests.support.providers.oauth import PROJECT, OAuth
from tests.support.providers.script import Phones, Script, controlled

MESSAGE_MAX = 4_096
TOPIC_MAX = 2_048
_TYPE = "type.googleapis.com/"
_TOPIC = re.compile(r"'([a-zA-Z0-9_.~%-]+)' in topics")

_TEXT = {"type": "string"}
_TEXTS = {"type": "object", "additionalProperties": _TEXT}
_STRUCT = {"type": "object"}
_FLAG = {"type": "boolean"}


def _message(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": fields}


def _enum(*names: str) -> dict[str, Any]:
    return {"enum": list(names)}


_PRIORITIES = [
    f"PRIORITY_{name}" for name in ("UNSPECIFIED", "MIN", "LOW", "DEFAULT", "HIGH", "MAX")
]
_DURATION = {"type": "string", "pattern": r"^[0-9]{1,7}(\.[0-9]{1,9})?s$"}

SCHEMA = _message(
    validate_only=_FLAG,
    message=_message(
        data=_TEXTS,
        notification=_message(title=_TEXT, body=_TEXT, image=_TEXT),
        android=_message(
            collapse_key=_TEXT,
            priority=_enum("NORMAL", "HIGH"),
            ttl=_DURATION,
            restricted_package_name=_TEXT,
            data=_TEXTS,
            direct_boot_ok=_FLAG,
            fcm_options=_message(analytics_label=_TEXT),
            notification=_message(
                title=_TEXT,
                body=_TEXT,
                icon=_TEXT,
                color=_TEXT,
                sound=_TEXT,
                tag=_TEXT,
                click_action=_TEXT,
                channel_id=_TEXT,
                ticker=_TEXT,
                sticky=_FLAG,
                event_time=_TEXT,
                local_only=_FLAG,
                notification_priority=_enum(*_PRIORITIES),
                default_sound=_FLAG,
                default_vibrate_timings=_FLAG,
                default_light_settings=_FLAG,
                visibility=_enum("VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"),
                notification_count={"type": "integer"},
                image=_TEXT,
            ),
        ),
        webpush=_message(
            headers=_TEXTS,
            data=_TEXTS,
            notification=_STRUCT,
            fcm_options=_message(link=_TEXT, analytics_label=_TEXT),
        ),
        apns=_message(
            headers=_TEXTS,
            payload=_STRUCT,
            fcm_options=_message(analytics_label=_TEXT, image=_TEXT),
        ),
        fcm_options=_message(analytics_label=_TEXT),
        token=_TEXT,
        topic=_TEXT,
        condition=_TEXT,
    ),
) | {"required": ["message"]}
"""The JSON of ``projects.messages:send`` (FCM REST reference). Unknown fields are refused."""


class Fcm:
    """One project. ``handle`` is a ``Peer``'s handler; messages that it takes are in ``phones``."""

    def __init__(self, oauth: OAuth) -> None:
        self.oauth = oauth
        self.script = Script()
        self.phones = Phones()
        self.topics: dict[str, set[str]] = {}
        """Topic → the tokens that subscribe to it."""
        self.gone: set[str] = set()
        self.validated = 0
        """Messages that were only looked at."""
        self._validator = Draft202012Validator(SCHEMA)
        self._valid: set[bytes] = set()
        """Messages that were found good, their receivers left out: most differ in that alone."""

    async def handle(self, request: Request) -> Response:
        said = await controlled(request, self.script, self.phones)
        return said or await self._send(request)

    async def _send(self, request: Request) -> Response:
        found = re.fullmatch(rb"/v1/projects/([^/]+)/messages:send", request.path)
        if request.method != b"POST" or found is None:
            return Response(
                404, {b"content-type": b"text/html"}, b"<!DOCTYPE html><title>404</title>"
            )
        if not self.oauth.knows(request.headers.get(b"authorization", b"").decode()):
            return unauthenticated()
        if unquote(found[1].decode()) != PROJECT:
            return error(404, "NOT_FOUND", "Requested entity was not found.")
        try:
            body = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            return invalid("", "Invalid JSON payload received. Unexpected token.")
        wrong = self._look(body, request.body)
        if wrong is not None:
            return wrong
        message = body["message"]
        targets = [name for name in ("token", "topic", "condition") if name in message]
        if len(targets) != 1:
            return invalid("message", "Recipient of the message is not set.")
        receiver = message[targets[0]]
        scripted = await self.script.answer(receiver, request)
        return scripted or self._judge(body, message, targets[0], receiver)

    def _look(self, body: Any, text: bytes) -> Response | None:
        """Return what is wrong with the shape of a message."""
        token = body.get("message", {}).get("token") if isinstance(body, dict) else None
        if isinstance(token, str):
            text = text.replace(orjson.dumps(token), b"", 1)
            if text in self._valid:
                return None
        problem = next(iter(self._validator.iter_errors(body)), None)
        if problem is not None:
            where = ".".join(str(step) for step in problem.absolute_path)
            return invalid(where, f"Invalid JSON payload received. {problem.message}")
        self._valid.add(text)
        return None

    def _judge(self, body: Any, message: dict[str, Any], target: str, receiver: str) -> Response:
        refused = _refused(message, target)
        if refused is not None:
            return refused
        if target == "token":
            tokens = {receiver}
            if not re.fullmatch(r"[A-Za-z0-9:_-]{8,4096}", receiver):
                return bad_token()
            if receiver in self.gone:
                return unregistered()
        else:
            names = _TOPIC.findall(receiver)
            if " || ".join(f"'{name}' in topics" for name in names) != receiver:
                return invalid("message.condition", "Invalid condition expression provided.")
            if len(names) > 5:
                return invalid("message.condition", "Too many topics in condition.")
            tokens = {token for name in names for token in self.topics.get(name, ())}
        if body.get("validate_only"):
            self.validated += 1
            return Response(body=b'{"name":"projects/newsroom-test/messages/fake_message_id"}')
        for token in tokens:
            tag = message.get("android", {}).get("notification", {}).get("tag", "")
            self.phones.deliver(token, tag, message)
        return Response(body=b'{"name":"projects/newsroom-test/messages/0:1"}')


def _refused(message: dict[str, Any], target: str) -> Response | None:
    """Return what FCM has against a message of the right shape."""
    for key in message.get("data", {}):
        if key in ("from", "message_type") or key.startswith(("google", "gcm.notification")):
            return invalid("message.data", f"Invalid data payload key: {key}")
    seconds = float(message.get("android", {}).get("ttl", "0s")[:-1])
    if seconds > 2_419_200:
        return invalid("message.android.ttl", "TTL must be at most four weeks.")
    link = message.get("webpush", {}).get("fcm_options", {}).get("link", "https:")
    if not link.startswith("https:"):
        return invalid("message.webpush.fcm_options.link", "Must be an HTTPS URL.")
    rest = orjson.dumps({key: value for key, value in message.items() if key != target})
    if len(rest) > (MESSAGE_MAX if target == "token" else TOPIC_MAX):
        return too_big()
    return None


def error(
    status: int, name: str, message: str, *details: dict[str, Any], code: str = ""
) -> Response:
    """Return an answer as Google's front end words it; ``code`` is FcmError's."""
    found = list(details)
    if code:
        found.append({"@type": _TYPE + "google.firebase.fcm.v1.FcmError", "errorCode": code})
    body: dict[str, Any] = {"code": status, "message": message, "status": name}
    if found:
        body["details"] = found
    return Response(
        status, {b"content-type": b"application/json; charset=UTF-8"}, orjson.dumps({"error": body})
    )


def invalid(field: str, description: str, *, fcm: bool = False) -> Response:
    """Return what names the field that is wrong."""
    detail = {
        "@type": _TYPE + "google.rpc.BadRequest",
        "fieldViolations": [{"field": field, "description": description}],
    }
    code = "INVALID_ARGUMENT" if fcm else ""
    return error(400, "INVALID_ARGUMENT", description, detail, code=code)


def bad_token() -> Response:
    return invalid("message.token", "Invalid registration token", fcm=True)


def bad_token_in_words() -> Response:
    return error(
        400,
        "INVALID_ARGUMENT",
        "The registration token is not a valid FCM registration token",
        code="INVALID_ARGUMENT",
    )


def too_big() -> Response:
    return error(400, "INVALID_ARGUMENT", "Android message is too big", code="INVALID_ARGUMENT")


def unregistered() -> Response:
    return error(404, "NOT_FOUND", "Requested entity was not found.", code="UNREGISTERED")


def unauthenticated() -> Response:
    return error(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login "
        "cookie or other valid authentication credential.",
    )
