-- Makes sure that the lane exists, and notices that it was lost. Returns epoch, floor, top.
local live, wire, epoch, floor = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

local current = redis.call('GET', epoch)
local top = top_of(live)
if not top or top == '0-0' then  -- nothing at all, or a stream that a consumer group made
  redis.call('XADD', live, '0-1', 'n', '1')
  redis.call('XDEL', live, '0-1')
  top = '0-1'
  if current then
    -- The lane existed and is gone: what is rebuilt from the wire is another history.
    current = whole(math.max(tonumber(current) + 1, now_ms()))
    redis.call('SET', epoch, current)
    local first = redis.call('XRANGE', wire, '-', '+', 'COUNT', 1)
    if first[1] then redis.call('SET', floor, first[1][1]) end
  end
end
if not current then
  current = whole(now_ms())
  redis.call('SET', epoch, current)
end

-- A wire that was deleted while the clock went back would give out ids that the lane has passed.
local wire_top = top_of(wire)
if wire_top then
  if less(wire_top, top) then redis.call('XSETID', wire, top) end
elseif top ~= '0-1' then
  redis.call('XADD', wire, top, 'n', '1')
  redis.call('XDEL', wire, top)
end
return {current, redis.call('GET', floor) or '0-0', top}
