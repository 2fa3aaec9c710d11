-- include: stream/_acknowledge
-- Acknowledges entries of a consumer group, and returns new ones, as XREADGROUP does. It is one script,
-- because each write is a sync of the append-only file where every write is synced.
-- KEYS: stream, groups. ARGV: group, consumer, count, then ids in ascending order.
acknowledge(KEYS[1], KEYS[2], ARGV[1], ARGV, 4)
return redis.pcall('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', ARGV[3], 'STREAMS', KEYS[1], '>')
