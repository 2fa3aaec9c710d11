"""Settings of servers and workers: ``TICKER_*`` variables over ``ticker.toml`` over defaults."""

from ticker.config.load import load
from ticker.config.settings import PUSH_SERVICES, Durability, EditionSettings, Settings

__all__ = ["PUSH_SERVICES", "Durability", "EditionSettings", "Settings", "load"]
