"""Opens the store of pictures that ``media_url`` names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ticker.domain.extras import install_command
from ticker.media.directory import MediaDirectory
from ticker.media.storage import Storage

if TYPE_CHECKING:
    from ticker.config import Settings

FILE = "file:"
INSTALL = f"media_url names a bucket; {install_command('s3')}"


def storage(settings: Settings) -> Storage | None:
    """Return the store of pictures, None if there is none. It connects at its first use.

    Raises ValueError if a package for it is not installed, or its credentials cannot be read.
    """
    url = settings.media_url
    if not url:
        return None
    if url.startswith(FILE):
        return MediaDirectory(Path(url.removeprefix(FILE)))
    try:
        from ticker.media.s3 import MediaBucket
    except ImportError:
        raise ValueError(INSTALL) from None
    return MediaBucket.of(settings)
