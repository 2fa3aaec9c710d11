"""Certificates, passwords and users for servers and sentinels, as docs/operations/redis.md says.

Servers and sentinels speak TLS and ask for client certificates. The default user is off: every role
of Ticker has the user of ``ticker acl``, replication and sentinels have users of their own.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.certificates import Authority
from ticker.cli import acl_files
from ticker.config import Settings
from ticker.storage.acl import ROLES, RoleName, rules, user_name
from ticker.storage.address import StoreAddress, TlsFiles, read_password
from ticker.storage.keys import Keys

REPLICATION = "+psync +replconf +ping"
SENTINEL = (
    "allchannels +multi +slaveof +ping +exec +subscribe +config|rewrite +role +publish +info "
    "+client|setname +client|kill +script|kill"
)
OF_REPLICATION, OF_SENTINEL, OF_SENTINELS = "of-replication", "of-sentinel", "of-sentinels"
"""Passwords: of the users ``replica`` and ``sentinel``, and of the sentinels themselves."""


class SecuredStores:
    """The files are in ``folder``; certificates are for ``hosts``."""

    def __init__(self, folder: Path, hosts: Sequence[str]) -> None:
        authority = Authority(folder)
        self._ca = authority.ca
        self._own = authority.issue("servers", *sorted({*hosts, "localhost"}))
        self._client = authority.issue("clients")
        self._folder = folder
        keys = Keys(Settings().namespace)
        self._users = {role: user_name(keys, role) for role in ROLES}
        acl_files.write(folder, {role: (self._users[role], rules(keys, role)) for role in ROLES})
        self._acl = folder / "acl" / "users.acl"
        with self._acl.open("a") as file:
            print(f"user replica on >{OF_REPLICATION} {REPLICATION}", file=file)
            print(f"user sentinel on >{OF_SENTINEL} {SENTINEL}", file=file)
        self._sentinels = folder / "sentinels"
        self._sentinels.write_text(OF_SENTINELS + "\n")

    def _tls(self, port: int) -> dict[str, str]:
        return {
            "port": "0",
            "tls-port": str(port),
            "tls-ca-cert-file": str(self._ca),
            "tls-cert-file": str(self._own.certificate),
            "tls-key-file": str(self._own.key),
            "tls-replication": "yes",
        }

    def server_settings(self, port: int) -> dict[str, str]:
        """Return the settings of a server that listens at ``port``."""
        users = {"aclfile": str(self._acl), "masteruser": "replica", "masterauth": OF_REPLICATION}
        return self._tls(port) | users

    def sentinel_lines(self, port: int, service: str) -> str:
        """Return the lines of a sentinel that listens at ``port``."""
        tls = "".join(f"{name} {value}\n" for name, value in self._tls(port).items())
        return (
            f"{tls}requirepass {OF_SENTINELS}\nsentinel auth-user {service} sentinel\n"
            f"sentinel auth-pass {service} {OF_SENTINEL}\n"
        )

    def environment(self, role: RoleName, url: str, setting: str = "REDIS_URL") -> dict[str, str]:
        """Return the settings of a process that is ``role`` in the store at ``url``."""
        prefix = setting.removesuffix("_URL")
        return {
            setting: url.replace("://", f"://{self._users[role]}@"),
            f"{prefix}_PASSWORD_FILE": str(self._folder / role / "password"),
            "REDIS_CA_FILE": str(self._ca),
            "REDIS_CERT_FILE": str(self._client.certificate),
            "REDIS_KEY_FILE": str(self._client.key),
            "SENTINEL_PASSWORD_FILE": str(self._sentinels),
        }

    def address(self, url: str) -> StoreAddress:
        """Return the address for an operator, who may do everything."""
        return StoreAddress(
            url.replace("://", "://admin@"),
            self._folder / "admin" / "password",
            TlsFiles(self._ca, self._client.certificate, self._client.key),
            sentinel_password_file=self._sentinels,
            tag=Settings().namespace,
        )

    def logged_in(self, sock: socket.socket, *, sentinel: bool) -> ssl.SSLSocket:
        """Return a connection over ``sock`` that is logged in. Raises OSError."""
        context = ssl.create_default_context(cafile=str(self._ca))
        context.check_hostname = False
        context.load_cert_chain(self._client.certificate, self._client.key)
        secure = context.wrap_socket(sock)
        login = OF_SENTINELS if sentinel else f"admin {read_password(self._admin)}"
        secure.sendall(f"AUTH {login}\r\n".encode())
        if not secure.recv(1_024).startswith(b"+OK"):
            raise OSError("the login was refused")
        return secure

    @property
    def _admin(self) -> Path:
        return self._folder / "admin" / "password"


def prefixed(settings: Mapping[str, str]) -> dict[str, str]:
    """Return ``settings`` as variables of the environment."""
    return {f"TICKER_{name}": value for name, value in settings.items()}
