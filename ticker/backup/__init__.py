"""Backup of a newsroom into one file, and its restore."""
