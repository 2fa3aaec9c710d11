-- Reads how far the heartbeat has come.
local pulse, wire, live, epoch, dead, due, out = unpack(KEYS)
local beats = redis.call('HMGET', pulse, 'wire_ms', 'live_ms')
return {
  whole(now_ms()), beats[1], beats[2], top_of(wire), top_of(live), redis.call('GET', epoch),
  redis.call('XLEN', dead), redis.call('ZCARD', due), redis.call('ZCARD', out),
}
