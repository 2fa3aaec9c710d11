"""Processes of one machine: supervision, the embedded store, the data directory, the demo."""
