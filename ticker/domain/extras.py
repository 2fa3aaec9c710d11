"""The command that installs an extra of this package where it runs: of pip, pipx or uv."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path


def install_command(extra: str, prefix: str | None = None) -> str:
    """Return the command that installs ``ticker[extra]``.

    ``prefix`` is that of the Python that runs. pipx and uv keep programs in environments of their
    own, which pip on the same machine does not reach.
    """
    folders = Path(sys.prefix if prefix is None else prefix).parts
    if "pipx" in folders:
        return f"pipx install --force 'ticker[{extra}]'"
    if ("uv", "tools") in pairwise(folders):
        return f"uv tool install 'ticker[{extra}]'"
    return f"pip install 'ticker[{extra}]'"
