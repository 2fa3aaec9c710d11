-- One consistent look at some items: what they say of themselves and where they are found.
-- Per item: doc, wire id, pending, board entry, due, expiry, out, mended.
local wire, live, board, due, expiry, out = unpack(KEYS, 1, 6)
local top = top_of(live) or '0-0'
local seen = {}
for i, id in ipairs(ARGV) do
  local item = KEYS[6 + i]
  local fields = redis.call('HMGET', item, 'doc', 'wire', 'mended')
  local last = fields[2]
  local pending = 0
  if last and less(top, last) and #redis.call('XRANGE', wire, last, last) == 1 then pending = 1 end
  seen[i] = {
    fields[1], last, pending, redis.call('HGET', board, id), redis.call('ZSCORE', due, id),
    redis.call('ZSCORE', expiry, id), redis.call('ZSCORE', out, id), fields[3],
  }
end
return seen
