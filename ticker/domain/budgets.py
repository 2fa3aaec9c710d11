"""Budgets: the cost that one client, and all of them together, may cause.

A client is an IPv4 address or an IPv6 /64; the /48 around it has a ceiling. What clients spend and
hold counts in all processes that share a ``UsageTable``. All clients together have ceilings in each
process, which protect it. A client of ``unlimited`` networks pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from ticker.domain.client_address import AddressSet, groups, reported
from ticker.domain.errors import TickerError, TooMany, Unavailable
from ticker.domain.occupancy import Occupancy
from ticker.domain.token_buckets import Budget, Rate
from ticker.domain.usage_table import UsageTable

Kind: TypeAlias = Literal[
    "connects",
    "refusals",
    "requests",
    "malformed",
    "misses",
    "cards",
    "wrong_keys",
    "registrations",
    "removals",
]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""The kinds in the order of their tables, the same in every process."""

_TOO_MANY: dict[Kind, str] = {
    "connects": "too many new connections",
    "refusals": "too many refused connections",
    "requests": "too many requests",
    "malformed": "too many malformed bodies",
    "misses": "too many requests for pages that are not in the cache",
    "cards": "too many requests for pictures that are not in the cache",
    "wrong_keys": "too many wrong keys",
    "registrations": "too many registrations",
    "removals": "too many registrations removed",
}


REGISTRATIONS = Rate(30, 1 / 60)
"""Many phones share an address, so the burst is not small."""

CARDS = Rate(60, 1)
"""Preview pictures to draw, of about 15 ms each, in a thread."""

REFUSALS = Rate(500, 50)
"""Refused connections that get an answer; further ones are closed unread. An answer costs several
times as much as that."""

MALFORMED = Rate(5, 0.1)
"""Bodies in tiny chunks or with long trailers; after that, no chunked body is read. Each costs one
or two milliseconds until it is recognised, and no program sends them by accident."""

CEILINGS: dict[Kind, Rate] = {
    # More than a process can admit: a storm of readers that come back must not reach it.
    "connects": Rate(50_000, 5_000),
    "refusals": Rate(2_000, 500),
    "requests": Rate(20_000, 5_000),
    "malformed": Rate(200, 10),
    # An event empties the cache, and then every page of the site may be asked for once.
    "misses": Rate(2_000, 200),
    "cards": Rate(300, 15),
    "wrong_keys": Rate(500, 20),
    "registrations": Rate(5_000, 100),
    "removals": Rate(5_000, 100),
}
"""What all clients together may do."""

NOBODY = AddressSet(())


@dataclass(frozen=True, slots=True)
class BudgetRates:
    """Rates of one client, and of all of them together."""

    connections: int
    connects: Rate
    requests: Rate
    misses: Rate
    wrong_keys: Rate
    registrations: Rate = REGISTRATIONS
    refusals: Rate = REFUSALS
    malformed: Rate = MALFORMED
    cards: Rate = CARDS
    ceilings: Mapping[Kind, Rate] = field(default_factory=lambda: CEILINGS)


class Budgets:
    """The budgets as one process keeps them. ``clock`` is monotonic seconds."""

    def __init__(
        self,
        rates: BudgetRates,
        clock: Callable[[], float],
        trusted: AddressSet = NOBODY,
        unlimited: AddressSet = NOBODY,
        usage: UsageTable | None = None,
    ) -> None:
        """``trusted`` proxies report their clients' addresses.

        ``usage`` is what the processes of this machine share; without it, this one counts alone.
        """
        usage = usage or UsageTable.own()
        self.trusted = trusted
        self._unlimited = unlimited
        self._clock = clock
        self._connections = Occupancy(rates.connections, usage)
        own: dict[Kind, Rate] = {
            "connects": rates.connects,
            "refusals": rates.refusals,
            "requests": rates.requests,
            "malformed": rates.malformed,
            "misses": rates.misses,
            "cards": rates.cards,
            "wrong_keys": rates.wrong_keys,
            "registrations": rates.registrations,
            # Removals have a budget of their own: they never wait for registrations.
            "removals": rates.registrations,
        }
        self._budgets: dict[Kind, Budget] = {
            kind: Budget(own[kind], usage.debts(table), rates.ceilings[kind])
            for table, kind in enumerate(KINDS)
        }
        self.refused: dict[str, int] = dict.fromkeys([*self._budgets, "connections"], 0)
        """Refusals by budget."""

    def client(self, peer: str, forwarded_for: str = "") -> str:
        """Return the client behind a connection from ``peer`` (``X-Forwarded-For`` if trusted)."""
        return reported(peer, forwarded_for, self.trusted)

    def unlimited(self, client: str) -> bool:
        """Tell whether ``client`` pays nothing."""
        return client in self._unlimited

    def take(self, kind: Kind, client: str) -> TickerError | None:
        """Spend one of ``kind``; return the refusal if ``client`` has none left.

        It is TooMany (429) if the client spent its own share, Unavailable (503) if all together
        spent theirs.
        """
        if client in self._unlimited:
            return None
        spent = self._budgets[kind].take(groups(client), self._clock())
        if spent is None:
            return None
        self.refused[kind] += 1
        if spent.by_all:
            return Unavailable(f"{_TOO_MANY[kind]} at this server; try again", spent.seconds)
        return TooMany(f"{_TOO_MANY[kind]} from your address; try again later", spent.seconds)

    def pay(self, kind: Kind, client: str, tokens: float) -> None:
        """Spend more of ``kind`` for what ``client`` was served; it may owe some of it."""
        if tokens and client not in self._unlimited:
            self._budgets[kind].pay(groups(client), tokens, self._clock())

    def charge(self, kind: Kind, client: str) -> None:
        """Spend one of ``kind``. Raises TooMany or Unavailable."""
        refusal = self.take(kind, client)
        if refusal is not None:
            raise refusal

    def spent(self, kind: Kind, client: str) -> TickerError | None:
        """Return the refusal if ``client`` has none of ``kind`` left, without spending."""
        if client in self._unlimited:
            return None
        spent = self._budgets[kind].spent(groups(client), self._clock())
        if spent is None:
            return None
        self.refused[kind] += 1
        return TooMany(f"{_TOO_MANY[kind]} from your address; try again later", spent.seconds)

    def has(self, kind: Kind, client: str) -> bool:
        """Tell whether ``client`` has some of ``kind`` left. Nothing is spent or counted."""
        if client in self._unlimited:
            return True
        return self._budgets[kind].spent(groups(client), self._clock()) is None

    @property
    def holders(self) -> int:
        """Return the number of groups that hold a connection."""
        return len(self._connections)

    def enter(self, client: str) -> TickerError | None:
        """Hold a connection of ``client``, or return the refusal. ``leave`` gives it back."""
        if client in self._unlimited or self._connections.enter(groups(client)):
            return None
        self.refused["connections"] += 1
        return TooMany("too many open connections from your address; close some", 5)

    def exceeds(self, client: str, most: int) -> bool:
        """Tell whether ``client`` or the network around it holds many connections.

        That is more than ``most``, and for the /48 ``WIDER`` times as many. False without a limit.
        """
        return client not in self._unlimited and self._connections.exceeds(groups(client), most)

    def leave(self, client: str) -> None:
        """Give a connection back that ``enter`` has held."""
        if client not in self._unlimited:
            self._connections.leave(groups(client))
