"""Metrics, logs and traces of a process. Nothing here knows a feature."""
