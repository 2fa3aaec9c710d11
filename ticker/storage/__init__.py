"""Redis and Valkey: connections, key names and scripts. The only importer of ``redis``."""
