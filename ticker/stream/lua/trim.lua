-- Takes a bounded number of entries off the old end of both streams. Returns how many went from each.
local live, wire, floor, heartbeat = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local lane_keep, wire_keep, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local top = top_of(live)
if not top then return {0, 0} end

-- The heartbeat never pushes an item out.
local last_heartbeat = redis.call('HGET', heartbeat, 'live')
if last_heartbeat and #redis.call('XRANGE', live, last_heartbeat, last_heartbeat) == 1 then
  lane_keep = lane_keep + 1
end

local from_live = 0
local length = redis.call('XLEN', live)
if length > lane_keep then
  local oldest = redis.call('XRANGE', live, '-', '+', 'COUNT', math.min(length - lane_keep, most))
  from_live = redis.call('XTRIM', live, 'MAXLEN', '=', length - #oldest)
  local last = oldest[#oldest][1]
  local before = redis.call('GET', floor)
  if not before or less(before, last) then redis.call('SET', floor, last) end
end

-- Never take what is not carried yet.
local from_wire = 0
length = redis.call('XLEN', wire)
if length > wire_keep then
  local oldest = redis.call('XRANGE', wire, '-', top, 'COUNT', math.min(length - wire_keep, most))
  if #oldest > 0 then
    from_wire = redis.call('XTRIM', wire, 'MAXLEN', '=', length - #oldest)
    redis.call('HSET', heartbeat, 'wire_floor', oldest[#oldest][1])
  end
end
return {from_live, from_wire}
