"""Settings of the store that do not fit each other are refused."""

from __future__ import annotations

from typing import Any

import pytest

from ticker.config import Settings
from ticker.config.fields import InvalidFields

SECURE: dict[str, Any] = {"redis_url": "rediss://store.example"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({**SECURE, "redis_cert_file": "a.pem"}, "redis_cert_file and redis_key_file need each"),
        ({"redis_ca_file": "ca.pem"}, "no store's URL begins with rediss"),
        ({"redis_url": "redis+cluster://a:1"}, "a store that is not a Redis Cluster"),
        ({"jobs_redis_password_file": "p"}, "requires jobs_redis_url"),
        ({"read_redis_password_file": "p"}, "requires read_redis_url"),
        ({"read_redis_url": "redis+cluster://a:1"}, "names one replica, or sentinels"),
        ({"gateway_redis_password_file": "p"}, "requires gateway_redis_url"),
    ],
)
def test_what_does_not_fit_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidFields, match=message):
        Settings(**values)


def test_files_of_a_secure_store_are_accepted() -> None:
    files: dict[str, Any] = {f"redis_{name}_file": f"{name}.pem" for name in ("ca", "cert", "key")}
    found = Settings(**SECURE, **files)
    assert str(found.redis_ca_file) == "ca.pem"
