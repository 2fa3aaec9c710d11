-- A bounded bite off the old end of both streams. Returns trimmed lane and wire entries.
local live, wire, floor, pulse = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local lane_keep, wire_keep, bite = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local top = top_of(live)
if not top then return {0, 0} end

-- The heartbeat takes nobody's place.
local beat = redis.call('HGET', pulse, 'live')
if beat and #redis.call('XRANGE', live, beat, beat) == 1 then lane_keep = lane_keep + 1 end

local from_live = 0
local length = redis.call('XLEN', live)
if length > lane_keep then
  local oldest = redis.call('XRANGE', live, '-', '+', 'COUNT', math.min(length - lane_keep, bite))
  from_live = redis.call('XTRIM', live, 'MAXLEN', '=', length - #oldest)
  local last = oldest[#oldest][1]
  local before = redis.call('GET', floor)
  if not before or less(before, last) then redis.call('SET', floor, last) end
end

-- Never what has not been relayed yet.
local from_wire = 0
length = redis.call('XLEN', wire)
if length > wire_keep then
  local oldest = redis.call('XRANGE', wire, '-', top, 'COUNT', math.min(length - wire_keep, bite))
  if #oldest > 0 then
    from_wire = redis.call('XTRIM', wire, 'MAXLEN', '=', length - #oldest)
    redis.call('HSET', pulse, 'wire_floor', oldest[#oldest][1])
  end
end
return {from_live, from_wire}
