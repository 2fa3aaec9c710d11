"""``ticker up``: a complete newsroom on one machine."""
