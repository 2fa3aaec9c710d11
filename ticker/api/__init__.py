"""The HTTP side: Starlette, editor and reader routes, health, metrics, the page and its documents.

``build(services)`` returns the application; ``Services`` is everything it needs.
"""

from ticker.api.app import build
from ticker.api.services import Health, HealthReport, Hop, Reader, Services

__all__ = ["Health", "HealthReport", "Hop", "Reader", "Services", "build"]
