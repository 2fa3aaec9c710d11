-- Puts one heartbeat per interval on the wire, whichever worker asks. Returns its id ('' if this
-- interval has one already) and the ms until the next is due.
local sent, wire, heartbeat = KEYS[1], KEYS[2], KEYS[3]
local interval = ARGV[1]

if not redis.call('SET', sent, '1', 'NX', 'PX', interval) then
  return {'', redis.call('PTTL', sent)}
end
local now = whole(now_ms())
-- Replace one that was never carried: heartbeats must not pile up while nothing moves.
local previous = redis.call('HGET', heartbeat, 'wire')
if previous then redis.call('XDEL', wire, previous) end
local id = redis.call('XADD', wire, '*', 'h', now)
redis.call('HSET', heartbeat, 'wire', id, 'wire_ms', now)
return {id, tonumber(interval)}
