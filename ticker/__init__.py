"""Ticker: breaking-news push for newsrooms.

One natural way for the data: publish → wire → relay → live → tail → hub → socket.
``ticker.domain`` decides, ``ticker.storage`` remembers, ``ticker.gateway`` delivers,
``ticker.api`` takes orders, ``workers`` fan out.
"""

__version__ = "0.1.0"
