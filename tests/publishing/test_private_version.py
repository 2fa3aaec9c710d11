"""The record of a version that readers must not know."""

from __future__ import annotations

import pytest

from tests.publishing.test_transitions import live
from ticker.publishing.private_version import PrivateVersion


def test_a_record_is_read_as_it_was_written() -> None:
    item = live(note="internal note")
    version = PrivateVersion("update", item, item.updated_at, "ana", "why")
    assert PrivateVersion.read(version.encoded(item.to_json())) == version


@pytest.mark.parametrize("record", [b"", b"{}", b"[]", b'{"item": {}}', b"poison"])
def test_another_form_is_an_error(record: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        PrivateVersion.read(record)
