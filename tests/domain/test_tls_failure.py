"""The words for a TLS connection that failed."""

from __future__ import annotations

import pytest

from ticker.client import errors
from ticker.domain.tls_failure import NO_TLS, readable


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)", NO_TLS),
        (
            "Error 1 connecting to h:6379. [SSL: RECORD_LAYER_FAILURE] record layer failure "
            "(_ssl.c:1018).",
            f"Error 1 connecting to h:6379. {NO_TLS}.",
        ),
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, "
            "certificate is not valid for 'h'. (_ssl.c:1006)",
            "certificate verify failed: Hostname mismatch, certificate is not valid for 'h'.",
        ),
        ("[SSL] unknown error (_ssl.c:3)", "unknown error"),
        ("Connection reset by peer", "Connection reset by peer"),
    ],
)
def test_openssl_in_words(said: str, text: str) -> None:
    assert readable(said) == text
    assert errors.connection_error_text(OSError(1, said)) == text
