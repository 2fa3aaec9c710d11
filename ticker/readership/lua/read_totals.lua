-- Return opens and shares of each item in KEYS, in one flat list.
local found = {}
for i, item in ipairs(KEYS) do
  local counts = redis.call('HMGET', item, 'opens', 'shares')
  found[2 * i - 1], found[2 * i] = counts[1] or '0', counts[2] or '0'
end
return found
