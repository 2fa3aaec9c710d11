-- Returns the state of some items and their places in the indexes, at one moment.
-- Per item: doc, wire id, pending, current entry, due, expiry, published, resent.
local wire, live, current, due, expiry, published = unpack(KEYS, 1, 6)
local top = top_of(live) or '0-0'
local seen = {}
for i, id in ipairs(ARGV) do
  local item = KEYS[6 + i]
  local fields = redis.call('HMGET', item, 'doc', 'wire', 'resent')
  local last = fields[2]
  local pending = 0
  if last and less(top, last) and #redis.call('XRANGE', wire, last, last) == 1 then pending = 1 end
  seen[i] = {
    fields[1], last, pending, redis.call('HGET', current, id), redis.call('ZSCORE', due, id),
    redis.call('ZSCORE', expiry, id), redis.call('ZSCORE', published, id), fields[3],
  }
end
return seen
