-- An item is about to name this picture: it is not cleaned any more. Returns its record, or false.
-- KEYS: record, due.  ARGV: id.
if redis.call('HGET', KEYS[1], 'state') ~= 'ready' then return false end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HSET', KEYS[1], 'used', '1')
return redis.call('HGET', KEYS[1], 'doc')
