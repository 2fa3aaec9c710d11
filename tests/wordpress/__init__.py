"""The WordPress plugin in a real WordPress: ./scripts/wordpress."""
