"""Signed requests to other servers: endpoints, signatures, retry rules. Workers deliver them."""
