"""redis-py, imported without PyJWT and cryptography.

redis-py imports PyJWT, and with it cryptography, for logins with tokens (Microsoft Entra ID), which
Ticker does not have. They would take a third of the time of its import, in every process that does
not sign or encrypt. Each importer of ``redis`` in this package finds what is imported here.
"""

from __future__ import annotations

import sys
from types import ModuleType

if "jwt" not in sys.modules:
    sys.modules["jwt"] = ModuleType("jwt")
    try:
        import redis.auth.token  # noqa: F401
    finally:
        del sys.modules["jwt"]
