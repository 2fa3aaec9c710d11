"""Known push services, and the origins of endpoints."""

from __future__ import annotations

import pytest

from ticker.push.model.push_services import PushServices, address, host


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("https://fcm.googleapis.com", "fcm.googleapis.com"),
        ("https://updates.push.services.mozilla.com", "updates.push.services.mozilla.com"),
        ("https://web.push.apple.com", "*.push.apple.com"),
        ("https://wns2-par02p.notify.windows.com", "*.notify.windows.com"),
        ("http://fcm.googleapis.com", None),
        ("https://fcm.googleapis.com:8443", None),
        ("https://wns2-par02p.notify.windows.com:8443", None),
        ("https://fcm.googleapis.com.evil.example", None),
        ("https://evilnotify.windows.com", None),
        ("https://notify.windows.com", None),
        ("http://a.notify.windows.com", None),
        ("https://push.example", None),
        ("", None),
    ],
)
def test_the_browsers_services(origin: str, name: str | None) -> None:
    services = PushServices()
    assert services.name(origin) == name
    assert services.known(origin) is (name is not None)


def test_services_of_ones_own() -> None:
    services = PushServices(("Push.Example", "http://127.0.0.1:8099", "*.up.example"))
    assert services.known("https://push.example")
    assert services.known("http://127.0.0.1:8099")
    assert services.known("https://a.up.example")
    assert not services.known("http://push.example")
    assert not services.known("https://fcm.googleapis.com")


@pytest.mark.parametrize(
    ("endpoint", "origin", "path"),
    [
        ("https://push.example/a/b?c", "https://push.example", b"/a/b?c"),
        ("https://Push.Example/A", "https://push.example", b"/A"),
        ("https://push.example:443/a", "https://push.example", b"/a"),
        ("https://push.example:8443/a", "https://push.example:8443", b"/a"),
        ("http://push.example:80/a", "http://push.example", b"/a"),
        ("HTTPS://push.example/a", "https://push.example", b"/a"),
        ("https://[2001:db8::1]:443/a", "https://[2001:db8::1]", b"/a"),
        ("https://push.example", "https://push.example", b"/"),
    ],
)
def test_an_endpoint_is_split_into_origin_and_path(endpoint: str, origin: str, path: bytes) -> None:
    """A known service written otherwise would refuse our token, and thereby stop the provider."""
    assert address(endpoint) == (origin, path)


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://push.example", "push.example"),
        ("https://push.example:8443", "push.example"),
        ("https://push2", "push2"),
        ("https://192.0.2.7", "192.0.2.7"),
        ("https://[2001:db8::1]", "[2001:db8::1]"),
        ("https://[2001:db8::1]:8443", "[2001:db8::1]"),
    ],
)
def test_the_host_that_is_counted_has_no_port(origin: str, expected: str) -> None:
    assert host(origin) == expected
