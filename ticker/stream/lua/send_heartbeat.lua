-- Puts one heartbeat per interval on the wire, whichever worker asks. Returns its id ('' if this
-- interval has one already) and the ms until the next is due.
-- A clock that was set back says a time before the last heartbeat: then one is due at once. An expiry
-- would stop the heartbeats for as long as the clock was set back.
local wire, heartbeat = KEYS[1], KEYS[2]
local interval = tonumber(ARGV[1])

local now = now_ms()
local age = now - tonumber(redis.call('HGET', heartbeat, 'wire_ms') or 0)
if age >= 0 and age < interval then return {'', interval - age} end
now = whole(now)
-- Replace one that was never carried: heartbeats must not pile up while nothing moves.
local previous = redis.call('HGET', heartbeat, 'wire')
if previous then redis.call('XDEL', wire, previous) end
local id = redis.call('XADD', wire, '*', 'h', now)
redis.call('HSET', heartbeat, 'wire', id, 'wire_ms', now)
return {id, interval}
