"""Conformance of a server to PROTOCOL.md: named cases that `ticker conformance` runs."""
