-- include: stream/_epochs
-- Makes sure that the lane exists and is of an epoch that this server began, and notices that it was
-- lost. Returns epoch, floor, top.
local live, wire, epochs, floor = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

local top = top_of(live)
local epoch
if not top or top == '0-0' then  -- nothing at all, or a stream that a consumer group made
  redis.call('XADD', live, '0-1', 'n', '1')
  redis.call('XDEL', live, '0-1')
  top = '0-1'
  local lost = redis.call('HGET', epochs, 'current')
  if lost then
    -- The lane existed and is gone: what is rebuilt from the wire is another history.
    redis.call('DEL', epochs)
    local first = redis.call('XRANGE', wire, '-', '+', 'COUNT', 1)
    if first[1] then redis.call('SET', floor, first[1][1]) end
  end
  epoch = begin_epoch(epochs, top, lost)
else
  epoch = epoch_of(epochs, top)
end

-- A wire that was deleted while the clock went back would give out ids that the lane has passed.
local wire_top = top_of(wire)
if wire_top then
  if less(wire_top, top) then redis.call('XSETID', wire, top) end
elseif top ~= '0-1' then
  redis.call('XADD', wire, top, 'n', '1')
  redis.call('XDEL', wire, top)
end
return {epoch, redis.call('GET', floor) or '0-0', top}
