"""Restrict a subscription to what its reader may read. Pure.

A filter that names a protected edition is refused without rights; one that names none is restricted
to the editions that may be read. So the readers with equal rights and filters share a group, and in
a newsroom without protected editions nothing changes.
"""

from __future__ import annotations

from dataclasses import replace

from ticker.domain.errors import TickerError
from ticker.domain.filter import Filter
from ticker.domain.readable import named, require, restricted
from ticker.gateway.query_parser import Change, Subscription
from ticker.reader_access.access import Rights
from ticker.stream.sight import FilterSet, parts_of


def permitted(subscription: Subscription, rights: Rights) -> Subscription:
    """Return ``subscription`` within ``rights``.

    Raises TokenRequired, InvalidToken or EditionNotInToken if it names an edition outside.
    """
    if rights.readable is None:
        return subscription
    wanted = subscription.wanted
    if isinstance(wanted, FilterSet):
        parts = tuple((id, _permitted(filter, rights)) for id, filter in wanted.filters)
        return replace(subscription, wanted=FilterSet(parts))
    return replace(subscription, wanted=_permitted(wanted, rights))


def permitted_change(change: Change, rights: Rights) -> Change:
    """Return ``change`` within ``rights``. Raises what ``permitted`` raises."""
    if change.filter is None or rights.readable is None:
        return change
    return replace(change, filter=_permitted(change.filter, rights))


def covers(rights: Rights, wanted: Filter | FilterSet) -> bool:
    """Tell whether everything that a subscription shows is within ``rights``."""
    return all(restricted(filter, rights.readable) == filter for _, filter in parts_of(wanted))


def _permitted(filter: Filter, rights: Rights) -> Filter:
    try:
        require(named(filter), rights.readable, with_token=rights.with_token)
    except TickerError as error:
        raise rights.refused or error from None
    return restricted(filter, rights.readable)
