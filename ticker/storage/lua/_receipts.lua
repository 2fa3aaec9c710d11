-- Receipts. Counts are sums over all events of a kind; times and shards belong to the newest event.
-- Start over for `event` if it is newer than the one noted. Returns whether it is the newest now.
local function newest_of(receipts, head, event)
  local known = redis.call('HGET', receipts, head .. 'event')
  if known == event then return true end
  if known and less(event, known) then return false end
  redis.call('HSET', receipts, head .. 'event', event)
  redis.call('HDEL', receipts, head .. 'jobs', head .. 'done', head .. 'first', head .. 'last')
  return true
end

local function note_times(receipts, head, first, last)
  local from = tonumber(redis.call('HGET', receipts, head .. 'first') or '')
  local to = tonumber(redis.call('HGET', receipts, head .. 'last') or '')
  if not from or tonumber(first) < from then redis.call('HSET', receipts, head .. 'first', first) end
  if not to or tonumber(last) > to then redis.call('HSET', receipts, head .. 'last', last) end
end
