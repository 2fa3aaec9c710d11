"""Reader tokens: who may read the editions that are not public (docs/guide/reader-tokens.md)."""
