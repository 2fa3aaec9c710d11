"""redis-py comes without cryptography, and PyJWT works for whoever imports it."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
import ticker.storage.connection
print(*sorted({"cryptography.hazmat", "cryptography.x509", "jwt"} & set(sys.modules)))
import jwt
print(jwt.decode(jwt.encode({"a": 1}, "k" * 32, "HS256"), "k" * 32, ["HS256"]))
"""


def test_cryptography_waits_for_who_needs_it() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "{'a': 1}"]
