"""Outbound webhooks: signed deliveries of the lane's events to other servers."""
