-- Replace the record of a picture, if it is still the one that the caller has read. Returns 1 or 0.
-- KEYS: record.  ARGV: the record that was read, the new one.
if redis.call('HGET', KEYS[1], 'state') ~= 'ready' then return 0 end
if redis.call('HGET', KEYS[1], 'doc') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'doc', ARGV[2])
return 1
