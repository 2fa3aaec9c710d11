"""Editors: who holds a key, and what the holder's role permits.

The roles are those of a newsroom: a reporter writes drafts, an editor publishes, and a chief sends
alerts to phones and runs the service. A key may be limited to editions, and to a time.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from ticker.domain.errors import Forbidden
from ticker.domain.messages import said

if TYPE_CHECKING:
    from ticker.domain.draft import Draft
    from ticker.domain.item import Item

Role: TypeAlias = Literal["reporter", "editor", "chief"]
ROLES: tuple[Role, ...] = get_args(Role)

Permission: TypeAlias = Literal["read", "draft", "publish", "alert", "operate", "people"]
"""``read``: everything that editors see. ``publish``: ticker and urgent items, corrections,
retractions, pins, stories' texts. ``alert``: bulletins and flashes. ``operate``: webhooks and push
services. ``people``: keys."""

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    "reporter": frozenset({"read", "draft"}),
    "editor": frozenset({"read", "draft", "publish"}),
    "chief": frozenset({"read", "draft", "publish", "alert", "operate", "people"}),
}
ALERT_LEVELS = frozenset({"bulletin", "flash"})
"""Levels that interrupt readers who are doing something else."""

_ACTS: dict[Permission, str] = {
    "read": "read what editors see",
    "draft": "write drafts",
    "publish": "publish or change items",
    "alert": "send a bulletin or a flash",
    "operate": "change webhooks, push services or feeds of agencies",
    "people": "manage keys and accounts, or read the audit",
}


def role_for(permission: Permission) -> Role:
    """Return the first role that has ``permission``; those after it have it too."""
    return next(role for role in ROLES if permission in PERMISSIONS[role])


@dataclass(frozen=True, slots=True)
class Editor:
    """The holder of a key. ``editions`` limits what the holder may change; None is all editions."""

    name: str
    role: Role = "chief"
    editions: frozenset[str] | None = None
    key_id: str = ""
    """Id of the key, or of the session."""
    account: bool = False
    """Whether the holder has signed in to an account of this name."""
    given_at: str = ""
    """When somebody else last gave the holder a key, a password or further rights (RFC 3339)."""
    given_by: tuple[str, ...] = ()
    """Who else has seen the key or a password, since the holder has chosen one."""
    made_by: str | None = None
    """Who made the key or the account, also if its password is another one by now."""

    def check(self, permission: Permission) -> None:
        """Raise Forbidden, with the role that may, unless the role has ``permission``."""
        if permission not in PERMISSIONS[self.role]:
            needed = role_for(permission)
            act = _ACTS[permission]
            raise Forbidden(
                said("no-permission", role=self.role, act=act, permission=permission, needed=needed)
            )

    def check_edition(self, edition: str) -> None:
        """Raise Forbidden if the key is limited to other editions."""
        if self.editions is not None and edition not in self.editions:
            known = ", ".join(sorted(self.editions))
            raise Forbidden(said("other-edition", known=known, edition=edition))

    def check_editions(self, editions: Collection[str] | None) -> None:
        """Raise Forbidden if the key is limited, and not to all of ``editions`` (None: all)."""
        if self.editions is None:
            return
        if editions is None:
            known = ", ".join(sorted(self.editions))
            raise Forbidden(said("all-editions", known=known))
        for edition in editions:
            self.check_edition(edition)

    def check_draft(self, draft: Draft) -> None:
        """Raise Forbidden unless the editor may send ``draft``: to readers, or as a draft."""
        self.check_edition(draft.edition)
        if draft.break_glass is not None:
            self.check("alert")
        if not draft.draft:
            alerts = draft.level in ALERT_LEVELS and not draft.test
            self.check("alert" if alerts else "publish")

    def check_item(self, before: Item | None, after: Item) -> None:
        """Raise Forbidden unless the editor may turn ``before`` into ``after``; None: a new item.

        An item of an alert level needs permission to alert when it goes out, and when its level is
        raised. To correct or retract one that is out, permission to publish is enough: what is
        wrong on every screen must not wait for somebody else. To do without the second person that
        an item needs takes permission to alert, whatever its level is.
        """
        was_draft = before is None or before.state == "draft"
        drafting = after.state == "draft" or (after.state == "retracted" and before is not None)
        self.check("draft" if was_draft and drafting else "publish")
        self.check_edition(after.edition)
        if before is not None:
            self.check_edition(before.edition)
        known = None if before is None else before.break_glass
        if after.break_glass is not None and after.break_glass != known:
            self.check("alert")
        if after.state in ("live", "scheduled") and after.level in ALERT_LEVELS:
            same = not was_draft and before is not None and before.level in ALERT_LEVELS
            if not same or (before is not None and _goes_out(before, after)):
                self.check("alert")


def _goes_out(before: Item, after: Item) -> bool:
    return before.state != "live" and (
        after.state == "live" or before.embargo_until != after.embargo_until
    )
