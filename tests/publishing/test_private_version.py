"""The record of a version that readers must not know."""

from __future__ import annotations

import pytest

from tests.publishing.transitions.acts import live, publish
from ticker.config import Settings
from ticker.publishing.command_builder import CommandBuilder
from ticker.publishing.commit import Request
from ticker.publishing.private_version import PrivateVersion
from ticker.publishing.transitions import Step
from ticker.storage.keys import Keys


def test_a_record_is_read_as_it_was_written() -> None:
    item = live(note="internal note")
    version = PrivateVersion("update", item, item.updated_at, "ana", "why")
    assert PrivateVersion.read(version.encoded(item.to_json())) == version


def test_a_version_has_its_place_in_one_history(settings: Settings, keys: Keys) -> None:
    item, build = live(), CommandBuilder(keys, settings).build
    request = Request.of("change", item.id, b"", "ana", None)
    version = PrivateVersion("update", item, item.updated_at, "ana")
    event = publish().event
    for step in (Step(item, None), Step(item, event, version)):
        with pytest.raises(ValueError, match="event or a private version"):
            build(request, item, step, now_ms=0)


@pytest.mark.parametrize("record", [b"", b"{}", b"[]", b'{"item": {}}', b"poison"])
def test_another_form_is_an_error(record: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        PrivateVersion.read(record)
