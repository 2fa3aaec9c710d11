-- Reserve the room for a picture that is about to be stored. Returns its state: 'storing', or another
-- one if it is known already; 'full' or 'many' beyond the limits.
-- KEYS: record, bytes of all pictures, due, index.
-- ARGV: id, record as JSON, its bytes, limit of bytes, limit of pictures, ms after which it is cleaned.
local record, total, due, index = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local bytes = tonumber(ARGV[3])
local state = redis.call('HGET', record, 'state')
if state and state ~= 'storing' then return state end
local held = tonumber(redis.call('HGET', record, 'bytes') or '0')
local sum = tonumber(redis.call('GET', total) or '0') - held + bytes
if sum > tonumber(ARGV[4]) then return 'full' end
if redis.call('ZCARD', index) >= tonumber(ARGV[5]) then return 'many' end
redis.call('SET', total, whole(sum))
redis.call('HSET', record, 'state', 'storing', 'bytes', whole(bytes), 'doc', ARGV[2])
redis.call('ZADD', due, now_ms() + tonumber(ARGV[6]), ARGV[1])
return 'storing'
