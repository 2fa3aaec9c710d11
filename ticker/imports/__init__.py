"""Parsers of feeds and imports: formats in, drafts out. Pure."""
