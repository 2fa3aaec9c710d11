-- include: stream/_acknowledge
-- Acknowledges entries of a consumer group.
-- KEYS: stream, groups. ARGV: group, then ids in ascending order.
acknowledge(KEYS[1], KEYS[2], ARGV[1], ARGV, 2)
