"""Tables of the archive in PostgreSQL. They have a schema of their own, ``ticker_archive``."""

from __future__ import annotations

VERSION = 2
"""Tables of an older version are changed in place (``UPGRADES``); those of a newer one are left
alone."""

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
  terms tsvector NOT NULL
);
CREATE INDEX items_order ON ticker_archive.items (published_ms DESC, id DESC);
CREATE INDEX items_pinned ON ticker_archive.items (from_ms) WHERE pinned;
CREATE INDEX items_live ON ticker_archive.items (id) WHERE until_ms IS NULL;
CREATE INDEX items_end ON ticker_archive.items (right(id, 4));

CREATE TABLE ticker_archive.versions (
  id text COLLATE "C" NOT NULL,
  published_ms bigint NOT NULL,
  from_ms bigint NOT NULL,
  from_seq bigint NOT NULL,
  until_ms bigint NOT NULL,
  until_seq bigint NOT NULL,
  pinned boolean NOT NULL,
  item bytea NOT NULL,
  terms tsvector NOT NULL,
  PRIMARY KEY (id, from_ms, from_seq)
);
CREATE INDEX versions_published ON ticker_archive.versions (published_ms DESC);
CREATE INDEX versions_pinned ON ticker_archive.versions (from_ms) WHERE pinned;

CREATE TABLE ticker_archive.retracted (
  id text COLLATE "C" PRIMARY KEY,
  at_ms bigint NOT NULL,
  at_seq bigint NOT NULL
);
CREATE INDEX retracted_end ON ticker_archive.retracted (right(id, 4));
"""

TERMS = """
CREATE INDEX items_terms ON ticker_archive.items USING gin (terms)
  WITH (fastupdate = on, gin_pending_list_limit = 256);
"""
"""One index has words and facets, so that PostgreSQL intersects them without visits to the rows.
Its list of additions is short: a search reads it whole, and 256 KiB take half a millisecond."""

UPGRADES = {
    1: """
DROP INDEX ticker_archive.items_words, ticker_archive.items_facets;
ALTER TABLE ticker_archive.items ALTER COLUMN words SET STATISTICS -1;
ALTER TABLE ticker_archive.items
  ALTER COLUMN words TYPE tsvector USING words
    || array_to_tsvector(string_to_array('@' || array_to_string(facets, ' @'), ' '))
    || array_to_tsvector(ARRAY['@24.' || (published_ms >> 24), '@28.' || (published_ms >> 28),
      '@32.' || (published_ms >> 32), '@36.' || (published_ms >> 36)]);
ALTER TABLE ticker_archive.versions
  ALTER COLUMN words TYPE tsvector USING words
    || array_to_tsvector(string_to_array('@' || array_to_string(facets, ' @'), ' '))
    || array_to_tsvector(ARRAY['@24.' || (published_ms >> 24), '@28.' || (published_ms >> 28),
      '@32.' || (published_ms >> 32), '@36.' || (published_ms >> 36)]);
ALTER TABLE ticker_archive.items RENAME words TO terms;
ALTER TABLE ticker_archive.items DROP COLUMN facets;
ALTER TABLE ticker_archive.versions RENAME words TO terms;
ALTER TABLE ticker_archive.versions DROP COLUMN facets;
CREATE INDEX IF NOT EXISTS items_end ON ticker_archive.items (right(id, 4));
CREATE INDEX IF NOT EXISTS retracted_end ON ticker_archive.retracted (right(id, 4));
"""
    + TERMS,
}
"""Statements that change tables of a version to the next one. They keep rows and grants."""

SHOW = """
WITH given AS (
  SELECT id COLLATE "C" AS id, from_ms, from_seq, published_ms, pinned, item,
    terms::tsvector AS terms
  FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::boolean[], %s::bytea[],
    %s::text[]) AS given (id, from_ms, from_seq, published_ms, pinned, item, terms)
), kept AS (
  INSERT INTO ticker_archive.versions
    (id, published_ms, from_ms, from_seq, until_ms, until_seq, pinned, item, terms)
  SELECT i.id, i.published_ms, i.from_ms, i.from_seq,
    CASE WHEN i.until_ms IS NULL OR (i.until_ms, i.until_seq) > (given.from_ms, given.from_seq)
      THEN given.from_ms ELSE i.until_ms END,
    CASE WHEN i.until_ms IS NULL OR (i.until_ms, i.until_seq) > (given.from_ms, given.from_seq)
      THEN given.from_seq ELSE i.until_seq END,
    i.pinned, i.item, i.terms
  FROM given JOIN ticker_archive.items i USING (id)
  WHERE (i.from_ms, i.from_seq) < (given.from_ms, given.from_seq)
  ON CONFLICT DO NOTHING
)
INSERT INTO ticker_archive.items AS i
  (id, published_ms, from_ms, from_seq, pinned, item, terms)
SELECT id, published_ms, from_ms, from_seq, pinned, item, terms FROM given
WHERE NOT EXISTS (SELECT FROM ticker_archive.retracted r WHERE r.id = given.id)
ON CONFLICT (id) DO UPDATE SET
  from_ms = EXCLUDED.from_ms, from_seq = EXCLUDED.from_seq, until_ms = NULL, until_seq = NULL,
  pinned = EXCLUDED.pinned, item = EXCLUDED.item, terms = EXCLUDED.terms
WHERE (i.from_ms, i.from_seq) < (EXCLUDED.from_ms, EXCLUDED.from_seq)
"""
"""Shows versions of different items; the ones before them are kept with the time for which they
were shown."""

END = """
UPDATE ticker_archive.items i SET until_ms = given.ms, until_seq = given.seq
FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) AS given (id, ms, seq)
WHERE i.id = given.id AND (i.from_ms, i.from_seq) < (given.ms, given.seq)
"""

RETRACT = """
WITH given AS (
  SELECT id COLLATE "C" AS id, ms, seq
  FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) AS given (id, ms, seq)
), items AS (
  DELETE FROM ticker_archive.items i USING given WHERE i.id = given.id
), versions AS (
  DELETE FROM ticker_archive.versions v USING given WHERE v.id = given.id
)
INSERT INTO ticker_archive.retracted SELECT id, ms, seq FROM given ON CONFLICT (id) DO NOTHING
"""

UNDO = (
    "DELETE FROM ticker_archive.retracted WHERE (at_ms, at_seq) > (%(ms)s, %(seq)s)",
    "DELETE FROM ticker_archive.versions WHERE (from_ms, from_seq) > (%(ms)s, %(seq)s)",
    "UPDATE ticker_archive.items SET until_ms = NULL, until_seq = NULL "
    "WHERE (until_ms, until_seq) > (%(ms)s, %(seq)s)",
    """
    UPDATE ticker_archive.items i SET
      from_ms = v.from_ms, from_seq = v.from_seq, pinned = v.pinned, item = v.item,
      terms = v.terms,
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
