"""Parsers for ``ticker import``: formats in, drafts out."""
