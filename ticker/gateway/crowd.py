"""Whether an address has so many connections that its readers get each event after all others."""

from __future__ import annotations

from enum import Enum


class Crowd(Enum):
    """The crowd that the address of a new connection makes with its other connections."""

    NONE = "none"
    """It has few."""
    FOR_SEVERAL_FILTERS = "several"
    """It has many for readers with several filters, which cost an event more than others."""
    FOR_ALL = "all"
    """It has many, whatever its readers subscribe to."""
