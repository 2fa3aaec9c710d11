"""Tables of the archive in PostgreSQL. They have a schema of their own, ``ticker_archive``."""

from __future__ import annotations

VERSION = 1
"""A schema of an older version is dropped and built anew from the lane; one of a newer version is
left alone."""

SCHEMA = """
CREATE SCHEMA IF NOT EXISTS ticker_archive;
CREATE TABLE ticker_archive.position (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version integer NOT NULL,
  cursor text,
  seen_ms bigint NOT NULL DEFAULT 0,
  gap_ms bigint NOT NULL DEFAULT 0,
  gap_seq bigint NOT NULL DEFAULT 0
);

CREATE TABLE ticker_archive.items (
  id text COLLATE "C" PRIMARY KEY,
  published_ms bigint NOT NULL,
  from_ms bigint NOT NULL,
  from_seq bigint NOT NULL,
  until_ms bigint,
  until_seq bigint,
  pinned boolean NOT NULL,
  item bytea NOT NULL,
  words tsvector NOT NULL,
  facets text[] NOT NULL
);
CREATE INDEX items_order ON ticker_archive.items (published_ms DESC, id DESC);
CREATE INDEX items_words ON ticker_archive.items USING gin (words) WITH (fastupdate = off);
CREATE INDEX items_facets ON ticker_archive.items USING gin (facets) WITH (fastupdate = off);
CREATE INDEX items_pinned ON ticker_archive.items (from_ms) WHERE pinned;
CREATE INDEX items_live ON ticker_archive.items (id) WHERE until_ms IS NULL;
-- Common words and facets are found by reading in order: the planner has to know which are common.
ALTER TABLE ticker_archive.items ALTER COLUMN words SET STATISTICS 1000;
ALTER TABLE ticker_archive.items ALTER COLUMN facets SET STATISTICS 1000;

CREATE TABLE ticker_archive.versions (
  id text COLLATE "C" NOT NULL,
  published_ms bigint NOT NULL,
  from_ms bigint NOT NULL,
  from_seq bigint NOT NULL,
  until_ms bigint NOT NULL,
  until_seq bigint NOT NULL,
  pinned boolean NOT NULL,
  item bytea NOT NULL,
  words tsvector NOT NULL,
  facets text[] NOT NULL,
  PRIMARY KEY (id, from_ms, from_seq)
);
CREATE INDEX versions_published ON ticker_archive.versions (published_ms DESC);
CREATE INDEX versions_pinned ON ticker_archive.versions (from_ms) WHERE pinned;

CREATE TABLE ticker_archive.retracted (
  id text COLLATE "C" PRIMARY KEY,
  at_ms bigint NOT NULL,
  at_seq bigint NOT NULL
);
"""

INDEXES = """
CREATE INDEX IF NOT EXISTS items_end ON ticker_archive.items (right(id, 4));
CREATE INDEX IF NOT EXISTS retracted_end ON ticker_archive.retracted (right(id, 4));
"""
"""Indexes that schemas of this version may lack: for short ids, which are the ends of ids."""

SHOW = """
WITH old AS (
  SELECT * FROM ticker_archive.items
  WHERE id = %(id)s AND (from_ms, from_seq) < (%(ms)s, %(seq)s)
), kept AS (
  INSERT INTO ticker_archive.versions
  SELECT id, published_ms, from_ms, from_seq,
    CASE WHEN until_ms IS NULL OR (until_ms, until_seq) > (%(ms)s, %(seq)s)
      THEN %(ms)s ELSE until_ms END,
    CASE WHEN until_ms IS NULL OR (until_ms, until_seq) > (%(ms)s, %(seq)s)
      THEN %(seq)s ELSE until_seq END,
    pinned, item, words, facets
  FROM old ON CONFLICT DO NOTHING
)
INSERT INTO ticker_archive.items AS i
  (id, published_ms, from_ms, from_seq, pinned, item, words, facets)
SELECT %(id)s, %(published_ms)s, %(ms)s, %(seq)s, %(pinned)s, %(item)s, %(words)s::tsvector,
  %(facets)s::text[]
WHERE NOT EXISTS (SELECT 1 FROM ticker_archive.retracted WHERE id = %(id)s)
ON CONFLICT (id) DO UPDATE SET
  from_ms = EXCLUDED.from_ms, from_seq = EXCLUDED.from_seq, until_ms = NULL, until_seq = NULL,
  pinned = EXCLUDED.pinned, item = EXCLUDED.item, words = EXCLUDED.words, facets = EXCLUDED.facets
WHERE (i.from_ms, i.from_seq) < (EXCLUDED.from_ms, EXCLUDED.from_seq)
"""
"""Shows a version; the one before it is kept with the time for which it was shown."""

UNDO = (
    "DELETE FROM ticker_archive.retracted WHERE (at_ms, at_seq) > (%(ms)s, %(seq)s)",
    "DELETE FROM ticker_archive.versions WHERE (from_ms, from_seq) > (%(ms)s, %(seq)s)",
    "UPDATE ticker_archive.items SET until_ms = NULL, until_seq = NULL "
    "WHERE (until_ms, until_seq) > (%(ms)s, %(seq)s)",
    """
    UPDATE ticker_archive.items i SET
      from_ms = v.from_ms, from_seq = v.from_seq, pinned = v.pinned, item = v.item,
      words = v.words, facets = v.facets,
      until_ms = CASE WHEN (v.until_ms, v.until_seq) <= (%(ms)s, %(seq)s) THEN v.until_ms END,
      until_seq = CASE WHEN (v.until_ms, v.until_seq) <= (%(ms)s, %(seq)s) THEN v.until_seq END
    FROM (
      SELECT DISTINCT ON (id) * FROM ticker_archive.versions
      ORDER BY id, from_ms DESC, from_seq DESC
    ) v
    WHERE v.id = i.id AND (i.from_ms, i.from_seq) > (%(ms)s, %(seq)s)
    """,
    """
    DELETE FROM ticker_archive.versions v USING ticker_archive.items i
    WHERE v.id = i.id AND (v.from_ms, v.from_seq) = (i.from_ms, i.from_seq)
    """,
    "DELETE FROM ticker_archive.items WHERE (from_ms, from_seq) > (%(ms)s, %(seq)s)",
)
"""Undo what came after a position: it was lost, and readers were reset."""
