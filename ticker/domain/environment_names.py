"""The ``TICKER_*`` names in an environment that are no settings of a server. Pure.

No part of it needs pydantic: commands check names before each start.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

PREFIX = "TICKER_"

OTHER_NAMES: Mapping[str, str] = {
    "TICKER_URL": "the newsroom's address, for commands",
    "TICKER_KEY": "the editor key, for commands",
    "TICKER_KEY_FILE": "the file with the editor key, for commands",
    "TICKER_WIRE_AUTHORIZATION": "the authorisation of a feed, for `ticker wires add`",
    "TICKER_DATA": "the data directory of `ticker up`",
    "TICKER_CONFIG": "the settings file",
    "TICKER_PROCESS": "a process' name in logs, from its supervisor",
    "TICKER_READY_FD": "where a process tells its supervisor that it serves",
    "TICKER_GATEWAY": "the gateways' address, in deploy/Caddyfile",
    "TICKER_WEB": "the web service's address, in deploy/Caddyfile",
    "TICKER_PUBLISH": "the published address, in docker-compose.yml",
}
"""What each is. Any other name that begins with ``TICKER_`` is a setting or a mistake."""

_KUBERNETES = re.compile(r"TICKER_\w*(_SERVICE_HOST|_SERVICE_PORT\w*|_PORT_\d+_(TCP|UDP|SCTP)\w*)")
_KUBERNETES_PORT = re.compile(r"(tcp|udp|sctp)://.*")


class InvalidSettings(ValueError):
    """The settings cannot be used; ``problems`` has a sentence for each reason."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def not_of_commands(environment: Mapping[str, str]) -> list[str]:
    """Return the names that begin with ``TICKER_`` and are neither listed nor of Kubernetes.

    They should be names of settings. Kubernetes sets variables for each service that it knows, such
    as ``TICKER_WEB_SERVICE_HOST``.
    """
    return [
        name
        for name, value in environment.items()
        if name.upper().startswith(PREFIX)
        and name not in OTHER_NAMES
        and not _KUBERNETES.fullmatch(name)
        and not (name.endswith("_PORT") and _KUBERNETES_PORT.fullmatch(value))
    ]
