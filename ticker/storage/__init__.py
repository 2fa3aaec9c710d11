"""Redis and Valkey: every call of the system is here, and nobody else imports ``redis``."""
