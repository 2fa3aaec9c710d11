"""The command that installs an extra, by where this Python lives."""

from __future__ import annotations

import pytest

from ticker.domain.extras import install_command


@pytest.mark.parametrize(
    ("prefix", "command"),
    [
        ("/srv/newsroom/.venv", "pip install 'ticker[server]'"),
        ("/usr", "pip install 'ticker[server]'"),
        ("/home/ana/uv/.venv", "pip install 'ticker[server]'"),
        ("/home/ana/.local/share/pipx/venvs/ticker", "pipx install --force 'ticker[server]'"),
        ("/opt/pipx/venvs/ticker", "pipx install --force 'ticker[server]'"),
        ("/home/ana/.local/share/uv/tools/ticker", "uv tool install 'ticker[server]'"),
    ],
)
def test_the_command_is_that_of_the_installer(prefix: str, command: str) -> None:
    assert install_command("server", prefix) == command
