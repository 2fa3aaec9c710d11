"""Outbound webhooks: the lane's events, signed, to servers of others (docs/guide/webhooks.md)."""
