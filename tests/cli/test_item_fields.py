"""Pictures and alerts from the options of a command."""

from __future__ import annotations

import pytest

from ticker.cli.item_fields import alert, pictures


def test_pictures_have_their_texts_in_order() -> None:
    assert pictures(
        ["https://a.example/1.PNG?w=9", "https://a.example/2"], ["One"], ["", "City desk"]
    ) == [
        {"href": "https://a.example/1.PNG?w=9", "type": "image/png", "alt": "One"},
        {"href": "https://a.example/2", "type": "image/jpeg", "credit": "City desk"},
    ]
    assert pictures([], [], []) is None
    assert pictures([""], [], []) == []
    assert pictures(["http://[x"], [], []) == [{"href": "http://[x", "type": "image/jpeg"}]
    with pytest.raises(ValueError, match="--alt belongs to a picture: give --image or --media"):
        pictures([], ["One"], [])


def test_media_are_ids_and_files() -> None:
    id = "0123456789abcdef" * 2
    assert pictures([], ["One"], ["", "Jane Doe"], [id, "quay.jpg"]) == [
        {"id": id, "alt": "One"},
        {"file": "quay.jpg", "credit": "Jane Doe"},
    ]
    assert pictures([], [], [], [""]) == []
    for images, media, message in (
        (["https://a.example/1"], [id], "cannot be used together"),
        ([], ["https://a.example/1"], "is an address; for one, use --image"),
        ([], [id, ""], "--media is empty"),
    ):
        with pytest.raises(ValueError, match=message):
            pictures(images, [], [], media)


def test_the_options_of_an_alert_imply_it() -> None:
    assert alert(False, None, None, None) is None
    assert alert(True, None, None, None) is True
    assert alert(False, "T", "B", "5m") == {"title": "T", "body": "B", "ttl": 300}
    with pytest.raises(ValueError, match="--push-ttl: 'soon' is not a duration"):
        alert(True, None, None, "soon")
    for ttl in ("59s", "9d"):
        with pytest.raises(ValueError, match=f"--push-ttl: {ttl} is not from 1m to 1d"):
            alert(True, None, None, ttl)
