"""The settings of servers and workers, and the rules that concern several groups of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ticker.config.fields import Record
from ticker.config.groups.address_limits import AddressLimitSettings
from ticker.config.groups.limits import LimitSettings
from ticker.config.groups.monitoring import MonitoringSettings
from ticker.config.groups.openid import OpenIdSettings
from ticker.config.groups.push import PushSettings
from ticker.config.groups.reader_tokens import ReaderTokenSettings
from ticker.config.groups.retention import RetentionSettings
from ticker.config.groups.server import ServerSettings
from ticker.config.groups.store import StoreSettings
from ticker.config.groups.taxonomy import TaxonomySettings
from ticker.config.types import address
from ticker.domain.client_address import AddressSet

if TYPE_CHECKING:
    from ticker.domain.budgets import Budgets
    from ticker.domain.usage_table import UsageTable


class Settings(
    StoreSettings,
    RetentionSettings,
    ServerSettings,
    MonitoringSettings,
    PushSettings,
    LimitSettings,
    AddressLimitSettings,
    OpenIdSettings,
    ReaderTokenSettings,
    TaxonomySettings,
):
    """Every server and worker setting. Durations are in seconds, sizes in bytes.

    docs/reference/settings.md is made from the docstrings of the groups and of their fields
    (``./scripts/docs --write``).
    """

    def check(self) -> None:
        """Check what concerns several settings. Raises ValueError."""
        if not self.editions:
            raise ValueError("editions must not be empty")
        for group in GROUPS:
            group.check(self)
        self._check_reader_tokens()
        self._check_openid()

    def _check_openid(self) -> None:
        if not self.openid_issuer:
            return
        address(self.openid_issuer)
        if not (self.openid_client_id and self.openid_roles and self.public_url):
            raise ValueError("openid_issuer requires openid_client_id, openid_roles and public_url")
        named = {edition for editions in self.openid_editions.values() for edition in editions}
        unknown = sorted(named - {*self.editions, "*"})
        if unknown:
            raise ValueError(f"openid_editions names an unknown edition: {unknown[0]}")
        if "openid" not in self.openid_scope.split():
            raise ValueError("openid_scope must have the word openid")

    def _check_reader_tokens(self) -> None:
        unknown = [one for one in self.reader_token_editions if one not in (*self.editions, "*")]
        if unknown:
            raise ValueError(f"reader_token_editions names an unknown edition: {unknown[0]}")
        sources = (
            self.reader_token_keys_url,
            self.reader_token_keys_file,
            self.reader_token_secret_file,
        )
        if self.reader_token_editions and sum(map(bool, sources)) != 1:
            raise ValueError(
                "reader_token_editions requires one of reader_token_keys_url, "
                "reader_token_keys_file and reader_token_secret_file"
            )
        if self.reader_token_editions and self.fcm_mode == "topics":
            raise ValueError(
                "reader_token_editions requires fcm_mode = 'tokens': every app that knows the name "
                "of a topic can subscribe to it"
            )

    @property
    def protected_editions(self) -> frozenset[str]:
        """Return the editions that need a reader token."""
        chosen = self.reader_token_editions
        return frozenset(self.editions if "*" in chosen else chosen)

    def budgets(self, clock: Callable[[], float], usage: UsageTable | None = None) -> Budgets:
        """Return the budgets of this process; ``clock`` is monotonic seconds.

        ``usage`` is the table that it shares with the other processes of the machine.
        """
        from ticker.domain.budgets import Budgets

        return Budgets(
            self.budget_rates,
            clock,
            trusted=AddressSet.parse(self.trusted_proxies),
            unlimited=AddressSet(self.unlimited_networks),
            usage=usage,
        )


GROUPS: tuple[type[Record], ...] = Settings.__bases__
"""The groups, in the order of the reference page."""
