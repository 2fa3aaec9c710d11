"""docker-compose.yml: Valkey starts with its command line, and each service can log in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from typer.testing import CliRunner

from tests.support.redis_servers import RedisServer
from ticker.cli.main import app
from ticker.storage.acl import ROLES
from ticker.storage.address import read_password
from ticker.storage.connection import connect
from ticker.storage.scripts import command

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
USERS = {
    name: service["environment"]["TICKER_REDIS_URL"].partition("//")[2].partition("@")[0]
    for name, service in SERVICES.items()
    if "TICKER_REDIS_URL" in service.get("environment", {})
}
HEALTH = "valkey-cli --no-auth-warning --user health --pass none ping | grep -q PONG"


def mounted(service: str) -> dict[str, str]:
    """Return the parts of the volume of secrets that a service sees, by where."""
    volumes = [one for one in SERVICES[service].get("volumes", ()) if isinstance(one, dict)]
    assert all(one["source"] == "secrets" and one["read_only"] for one in volumes)
    return {one["target"]: one["volume"]["subpath"] for one in volumes}


def test_each_service_has_its_own_user_and_sees_its_password_alone() -> None:
    assert sorted(USERS.values()) == sorted(f"ticker-{role}" for role in ROLES)
    for service, user in USERS.items():
        assert mounted(service) == {"/run/ticker": user.removeprefix("ticker-")}
        file = SERVICES[service]["environment"]["TICKER_REDIS_PASSWORD_FILE"]
        assert file == "/run/ticker/password"
    assert mounted("valkey") == {"/acl": "acl", "/admin": "admin"}


def test_what_a_service_writes_is_in_a_volume_that_its_user_owns() -> None:
    """A new volume takes the owner of the folder that the image has there."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    made = re.search(r"install -d -m 0700 -o ticker -g ticker (.*)$", dockerfile, re.MULTILINE)
    assert made is not None
    ours = [one for one in SERVICES.values() if one.get("image") == "ticker:local"]
    volumes = [one for service in ours for one in service.get("volumes", ())]
    written = {one.partition(":")[2] for one in volumes if isinstance(one, str)}
    assert written == set(made[1].split())
    web = SERVICES["web"]
    folders = {one.partition(":")[2] for one in web["volumes"] if isinstance(one, str)}
    for setting in ("TICKER_ARCHIVE_URL", "TICKER_MEDIA_URL"):
        path = Path(web["environment"][setting].partition(":")[2])
        assert folders & {str(path), str(path.parent)}, setting


@pytest.mark.redis_server
async def test_valkey_starts_with_the_users_that_the_service_secrets_writes(tmp_path: Path) -> None:
    arguments = [str(tmp_path) if word == "/secrets" else word for word in _words("secrets")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    file = str(tmp_path / "acl" / "users.acl")
    options = [file if word == "/acl/users.acl" else word for word in _words("valkey")]
    assert file in options
    server = RedisServer("valkey", port=True, options=options)
    server.start()
    try:
        for user in (*USERS.values(), "admin"):
            word = read_password(tmp_path / user.removeprefix("ticker-") / "password")
            assert await _ping(server, f"{user}:{word}@")
        assert SERVICES["valkey"]["healthcheck"]["test"] == ["CMD-SHELL", HEALTH]
        assert await _ping(server, "health:none@")
        for refused in ("", "default:x@", "ticker-web:x@"):
            with pytest.raises(Exception, match=r"(?i)auth|password"):
                await _ping(server, refused)
        with pytest.raises(Exception, match="permission"):
            await _ping(server, "health:none@", "INFO")
    finally:
        server.stop()


def _words(service: str) -> list[str]:
    """Return the arguments of a service's command, without the program."""
    return [str(word) for word in SERVICES[service]["command"][1:]]


async def _ping(server: RedisServer, user: str, asked: str = "PING") -> bool:
    client = connect(server.tcp_url.replace("redis://", f"redis://{user}"))
    try:
        return bool(await command(client, asked))
    finally:
        await client.aclose()
