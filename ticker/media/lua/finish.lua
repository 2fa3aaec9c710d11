-- A picture is stored: it can be used from now on. Returns its state, '' if it is gone meanwhile.
-- KEYS: record, due, index.  ARGV: id, ms after which it is cleaned if nobody has used it.
local state = redis.call('HGET', KEYS[1], 'state')
if state ~= 'storing' then return state or '' end
redis.call('HSET', KEYS[1], 'state', 'ready')
redis.call('ZADD', KEYS[3], now_ms(), ARGV[1])
redis.call('ZADD', KEYS[2], now_ms() + tonumber(ARGV[2]), ARGV[1])
return 'ready'
