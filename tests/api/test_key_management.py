"""Keys: what each role may do on every route, limits to editions, and management over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.newsroom import TestNewsroom, check_problem
from ticker.domain.editor import ROLES

LATER = "2099-01-01T00:00:00Z"


async def key(newsroom: TestNewsroom, role: str, *editions: str) -> dict[str, str]:
    """Return the header of a new key."""
    draft = {"name": f"{role} key", "role": role, "editions": editions}
    made = await newsroom.http.post("/v1/keys", json=draft, headers=newsroom.key)
    assert made.status_code == 201, made.text
    return {"authorization": f"Bearer {made.json()['key']}"}


async def test_every_route_asks_for_the_role_that_it_names(newsroom: TestNewsroom) -> None:
    """Without a body most requests are then refused for another reason, which is not 401 or 403."""
    paths = (await newsroom.http.get("/openapi.json")).json()["paths"]
    headers = {role: await key(newsroom, role) for role in ROLES}
    tried, wrong = 0, []
    for number, (path, methods) in enumerate(paths.items()):
        # A reporter may change and retract drafts; an act on one path makes it something else.
        item = (await newsroom.publish(f"Ferry {number} resumes", draft=True))["item"]["id"]
        for method, operation in methods.items():
            needed = operation.get("x-role")
            if needed is None or path.startswith("/v1/account"):  # of accounts, not of keys
                continue
            for role in ROLES:
                place = path.replace("/items/{id}", f"/items/{item}").replace("{edition}", "en")
                for name in ("id", "story", "provider"):
                    place = place.replace(f"{{{name}}}", "none")
                answer = await newsroom.http.request(method, place, headers=headers[role])
                tried += 1
                allowed = ROLES.index(role) >= ROLES.index(needed)
                if (answer.status_code == 403) == allowed or answer.status_code == 401:
                    wrong.append((method, path, role, answer.status_code))
    assert wrong == []
    assert tried > 60


@pytest.mark.parametrize("level", ["ticker", "urgent", "bulletin", "flash"])
@pytest.mark.parametrize("role", ROLES)
async def test_who_may_publish_which_level(newsroom: TestNewsroom, role: str, level: str) -> None:
    headers = await key(newsroom, role)
    allowed = role == "chief" or (role == "editor" and level in ("ticker", "urgent"))
    draft = {"headline": f"Harbour {level} {role}", "edition": "en", "level": level}
    for path, more in (("/v1/items", {}), ("/v1/items", {"at": LATER, "force": True})):
        answer = await newsroom.http.post(path, json=draft | more, headers=headers)
        assert answer.status_code == (201 if allowed else 403), answer.text
    line = await newsroom.http.post(
        "/v1/import",
        content=b'{"headline": "Imported %s %s", "edition": "en", "level": "%s"}\n'
        % (level.encode(), role.encode(), level.encode()),
        headers=headers | {"content-type": "application/x-ndjson"},
    )
    if role == "reporter":
        check_problem(line, 403, "forbidden")
    else:
        assert line.json()["refused"] == (0 if allowed else 1)


async def test_an_editor_corrects_and_retracts_a_flash_and_does_not_make_one(
    newsroom: TestNewsroom,
) -> None:
    headers = await key(newsroom, "editor")

    async def change(id: str, **fields: Any) -> int:
        done = await newsroom.http.patch(f"/v1/items/{id}", json=fields, headers=headers)
        return done.status_code

    flash = (await newsroom.publish("Dam holds", level="flash"))["item"]["id"]
    assert await change(flash, headline="The dam holds", correction="Article") == 200
    assert await change(flash, level="bulletin") == 200  # down
    plain = (await newsroom.publish("Ferry is late", level="urgent"))["item"]["id"]
    assert await change(plain, level="flash") == 403  # up
    later = await newsroom.publish("Verdict at noon", level="flash", at=LATER, force=True)
    held = later["item"]["id"]
    assert await change(held, headline="The verdict at noon") == 200
    assert await change(held, at="2098-01-01T00:00:00Z", force=True) == 403
    asked = await newsroom.http.post(
        f"/v1/items/{held}/release", json={"check": True}, headers=headers
    )
    check_problem(asked, 403, "forbidden")
    assert await change(plain, level="flash", check=True) == 403
    for act, status in (("release", 403), ("retract", 200)):
        done = await newsroom.http.post(f"/v1/items/{held}/{act}", headers=headers)
        assert done.status_code == status, done.text
    done = await newsroom.http.post(f"/v1/items/{flash}/retract", headers=headers)
    assert done.status_code == 200


async def test_a_key_for_an_edition_changes_that_edition_alone(newsroom: TestNewsroom) -> None:
    headers = await key(newsroom, "chief", "ar", "es")
    english = (await newsroom.publish())["item"]["id"]
    for edition, status in (("ar", 201), ("es", 201), ("en", 403)):
        draft = {"headline": f"Line for {edition}", "edition": edition}
        answer = await newsroom.http.post("/v1/items", json=draft, headers=headers)
        assert answer.status_code == status, answer.text
    for act in ("pin", "retract", "expire"):
        done = await newsroom.http.post(f"/v1/items/{english}/{act}", headers=headers)
        check_problem(done, 403, "forbidden")
    text = {"title": "The harbour"}
    for edition, status in (("es", 200), ("en", 403)):
        answer = await newsroom.http.put(
            f"/v1/stories/harbour/texts/{edition}", json=text, headers=headers
        )
        assert answer.status_code == status, answer.text
    for editions, status in ((["ar"], 201), (["ar", "en"], 403), ([], 403)):
        limited = {"name": "more", "role": "editor", "editions": editions}
        answer = await newsroom.http.post("/v1/keys", json=limited, headers=headers)
        assert answer.status_code == status, answer.text
    mine = (await newsroom.http.get("/v1/key", headers=newsroom.key)).json()["id"]
    taken = await newsroom.http.delete(f"/v1/keys/{mine}", headers=headers)
    check_problem(taken, 403, "forbidden")


async def test_keys_are_made_listed_used_and_revoked(newsroom: TestNewsroom) -> None:
    draft = {"name": "Night desk", "role": "editor", "editions": ["en"], "expires_at": LATER}
    answer = await newsroom.http.post("/v1/keys", json=draft, headers=newsroom.key)
    made = answer.json()
    secret = {"authorization": f"Bearer {made.pop('key')}"}
    assert answer.headers["cache-control"] == "no-store"
    assert made | {"used_at": None} == made
    assert made["created_by"] == "desk"
    holder = (await newsroom.http.get("/v1/key", headers=secret)).json()
    assert holder == {
        "id": made["id"],
        "name": "Night desk",
        "role": "editor",
        "editions": ["en"],
        "permissions": ["draft", "publish", "read"],
    }
    listed = (await newsroom.http.get("/v1/keys", headers=newsroom.key)).json()["keys"]
    found = next(one for one in listed if one["id"] == made["id"])
    assert found.pop("used_at") is not None
    assert found == {name: value for name, value in made.items() if name != "used_at"}
    gone = await newsroom.http.delete(f"/v1/keys/{made['id']}", headers=newsroom.key)
    assert gone.json()["id"] == made["id"]
    again = await newsroom.http.delete(f"/v1/keys/{made['id']}", headers=newsroom.key)
    check_problem(again, 404, "not-found")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"role": "owner"}, 422),
        ({"name": " "}, 400),
        ({"name": "n" * 65}, 422),
        ({"editions": ["xx"]}, 422),
        ({"expires_at": "2001-01-01T00:00:00Z"}, 400),
        ({"expires_at": "2099-01-01T00:00:00"}, 422),
        ({"more": 1}, 422),
    ],
)
async def test_a_key_of_the_wrong_shape_is_refused(
    newsroom: TestNewsroom, fields: dict[str, Any], status: int
) -> None:
    draft = {"name": "desk", "role": "editor"} | fields
    answer = await newsroom.http.post("/v1/keys", json=draft, headers=newsroom.key)
    assert answer.status_code == status, answer.text
