"""Tables of the archive in SQLite."""

from __future__ import annotations

VERSION = 1
"""Kept as ``user_version`` of the file. A file of an older version is built anew from the lane; one
of a newer version is left alone."""

INDEXES = """
CREATE INDEX IF NOT EXISTS items_end ON items (substr(id, -4));
CREATE INDEX IF NOT EXISTS retracted_end ON retracted (substr(id, -4));
"""
"""Indexes that files of this version may lack: for short ids, which are the ends of ids."""

TIES = 16
"""Bits of a key that tell items of one millisecond apart."""

SCHEMA = r"""
CREATE TABLE position (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  cursor TEXT,
  seen_ms INTEGER NOT NULL DEFAULT 0,
  gap_ms INTEGER NOT NULL DEFAULT 0,
  gap_seq INTEGER NOT NULL DEFAULT 0
);
INSERT INTO position (one) VALUES (1);

-- `key` is published_ms << 16 and a number: the order of the list, and of the index.
CREATE TABLE items (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  from_ms INTEGER NOT NULL,
  from_seq INTEGER NOT NULL,
  until_ms INTEGER,
  until_seq INTEGER,
  pinned INTEGER NOT NULL,
  item BLOB NOT NULL,
  words TEXT NOT NULL,
  facets TEXT NOT NULL
);
CREATE INDEX items_pinned ON items (from_ms) WHERE pinned;
CREATE INDEX items_live ON items (id) WHERE until_ms IS NULL;

-- Versions that another has replaced.
CREATE TABLE versions (
  id TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  from_seq INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  until_seq INTEGER NOT NULL,
  published_ms INTEGER NOT NULL,
  pinned INTEGER NOT NULL,
  item BLOB NOT NULL,
  words TEXT NOT NULL,
  facets TEXT NOT NULL,
  PRIMARY KEY (id, from_ms, from_seq)
) WITHOUT ROWID;
CREATE INDEX versions_published ON versions (published_ms);
CREATE INDEX versions_pinned ON versions (from_ms) WHERE pinned;

-- Ids alone: what comes late about a retracted item does not bring it back.
CREATE TABLE retracted (
  id TEXT PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  at_seq INTEGER NOT NULL
) WITHOUT ROWID;

CREATE VIRTUAL TABLE search USING fts5 (
  words, facets,
  content = 'items', content_rowid = 'key', columnsize = 0,
  tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
);
-- What is deleted leaves no trace in the index, instead of a note that it is deleted.
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
"""
