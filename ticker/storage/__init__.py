"""Redis and Valkey: connections, key names and scripts. The only importer of ``redis``."""

from ticker.storage import redis_library as redis_library
