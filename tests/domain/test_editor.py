"""Permissions of roles, decided without any request."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest

from ticker.domain.editor import PERMISSIONS, ROLES, Editor, Permission, Role, role_for
from ticker.domain.errors import Forbidden


def test_each_role_has_what_the_one_before_it_has() -> None:
    for lower, higher in itertools.pairwise(ROLES):
        assert PERMISSIONS[lower] < PERMISSIONS[higher]
    assert PERMISSIONS["chief"] == set(get_args(Permission))


@pytest.mark.parametrize("permission", get_args(Permission))
@pytest.mark.parametrize("role", ROLES)
def test_a_refusal_names_the_role_that_may(role: Role, permission: Permission) -> None:
    editor = Editor("Ana", role)
    if permission in PERMISSIONS[editor.role]:
        editor.check(permission)
        return
    with pytest.raises(Forbidden, match=f"needs role {role_for(permission)}"):
        editor.check(permission)


def test_a_key_without_editions_is_for_all_of_them() -> None:
    Editor("Ana").check_edition("en")
    limited = Editor("Ana", editions=frozenset({"ar", "es"}))
    limited.check_edition("ar")
    with pytest.raises(Forbidden, match="edition ar, es only, not for en"):
        limited.check_edition("en")
