-- One heartbeat per interval, whoever asks. Returns its id (or '') and the ms until the next is due.
local beat, wire, pulse = KEYS[1], KEYS[2], KEYS[3]
local interval = ARGV[1]

if not redis.call('SET', beat, '1', 'NX', 'PX', interval) then
  return {'', redis.call('PTTL', beat)}
end
local now = whole(now_ms())
-- One that was never relayed is replaced: heartbeats do not pile up while nothing moves.
local previous = redis.call('HGET', pulse, 'wire')
if previous then redis.call('XDEL', wire, previous) end
local id = redis.call('XADD', wire, '*', 'h', now)
redis.call('HSET', pulse, 'wire', id, 'wire_ms', now)
return {id, tonumber(interval)}
