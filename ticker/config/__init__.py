"""Settings of servers and workers: ``TICKER_*`` variables over ``ticker.toml`` over defaults."""

from ticker.config.groups.push import PUSH_SERVICES
from ticker.config.groups.store import Durability
from ticker.config.groups.taxonomy import EditionSettings
from ticker.config.load import load
from ticker.config.settings import Settings

__all__ = ["PUSH_SERVICES", "Durability", "EditionSettings", "Settings", "load"]
