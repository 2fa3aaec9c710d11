"""The HTTP side: Starlette, editor and reader routes, health, metrics, the page and its documents.

``build(services)`` returns the application; ``Services`` is everything it needs.
"""

from ticker.api.app import build
from ticker.api.services import Health, Reader, Services

__all__ = ["Health", "Reader", "Services", "build"]
