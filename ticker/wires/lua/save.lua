-- Saves the result of a look, if the worker still has the lease and the feed is as it was then. Else the
-- feed stays due, and somebody looks again. Returns 1 if it was saved.
local feeds, states, due, lease, seen = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local name, record, holder, state, at, new_seen = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if redis.call('HGET', feeds, name) ~= record then return 0 end
if redis.call('GET', lease) ~= holder then return 0 end
redis.call('HSET', states, name, state)
redis.call('ZADD', due, at, name)
if new_seen ~= '' then redis.call('SET', seen, new_seen) end
return 1
