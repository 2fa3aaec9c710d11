"""Settings: limits by address."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, Annotated

from ticker.config.fields import Record
from ticker.config.values import Bounds
from ticker.domain.client_address import Network

if TYPE_CHECKING:
    from ticker.domain.budgets import BudgetRates


class AddressLimitSettings(Record):
    """Limits by address.

    They hold for all processes that one ``ticker serve`` or ``ticker up`` runs.
    """

    unlimited_networks: tuple[Network, ...] = (
        IPv4Network("127.0.0.0/8"),
        IPv6Network("::1/128"),
    )
    """Networks whose clients have no limits by address, as a JSON list. Add your newsroom's, your
    monitoring's, and a CDN's that does not report its clients. `["0.0.0.0/0", "::/0"]` lifts the
    limits, for example for a benchmark."""
    address_connections: Annotated[int, Bounds(ge=1)] = 1_000
    """Open connections of one address (IPv4, or IPv6 /64); 4 times as many of one IPv6 /48. Readers
    of one office or one mobile network share an address. Behind a trusted proxy its readers count,
    and its requests under way."""
    address_connects: Annotated[float, Bounds(gt=0)] = 100.0
    """New connections of one address in a second (429), after a burst of twice
    `address_connections`, at least 100."""
    address_requests: Annotated[float, Bounds(gt=0)] = 100.0
    """Requests of one address in a second, after a burst of ten times as many (429)."""
    address_misses: Annotated[float, Bounds(gt=0)] = 10.0
    """Requests of one address in a second that no cache can answer, after a burst of twenty times
    as many (429)."""
    address_wrong_keys: Annotated[float, Bounds(gt=0)] = 10.0
    """Wrong editor keys of one address in a minute, after a burst of three times as many (429)."""

    @property
    def budget_rates(self) -> BudgetRates:
        """Return what one client may do."""
        from ticker.domain.budgets import BudgetRates
        from ticker.domain.token_buckets import Rate

        return BudgetRates(
            connections=self.address_connections,
            connects=Rate(max(100, 2 * self.address_connections), self.address_connects),
            requests=Rate(10 * self.address_requests, self.address_requests),
            misses=Rate(20 * self.address_misses, self.address_misses),
            wrong_keys=Rate(3 * self.address_wrong_keys, self.address_wrong_keys / 60),
        )
