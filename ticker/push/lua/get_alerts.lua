-- Returns the alert records of some items, in their order; false where there is none.
-- KEYS: the alert record of each item.
local records = {}
for i, key in ipairs(KEYS) do records[i] = redis.call('GET', key) end
return records
