-- Returns how far the heartbeat has come, and the sizes that health reports show.
local heartbeat, wire, live, epochs, dead, due, published = unpack(KEYS)
local times = redis.call('HMGET', heartbeat, 'wire_ms', 'live_ms')
return {
  whole(now_ms()), times[1], times[2], top_of(wire), top_of(live), redis.call('HGET', epochs, 'current'),
  redis.call('XLEN', dead), redis.call('ZCARD', due), redis.call('ZCARD', published),
}
