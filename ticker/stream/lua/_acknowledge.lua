-- Acknowledging entries of a consumer group. Needs storage/_prelude.

-- Acknowledge the entries `ids[from]` and after, a batch in ascending order, and remember the newest one
-- ever acknowledged.
local function acknowledge(stream, groups, group, ids, from)
  if #ids < from then return end
  redis.call('XACK', stream, group, unpack(ids, from))
  local newest = ids[#ids]
  local known = redis.call('HGET', groups, group)
  if not known or less(known, newest) then redis.call('HSET', groups, group, newest) end
end
