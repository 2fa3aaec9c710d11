-- Starts a new epoch, unless another process has started one. Returns the epoch in force.
local epoch = KEYS[1]
local known, now = ARGV[1], tonumber(ARGV[2])
local current = redis.call('GET', epoch)
if current and current ~= known then return current end
local new = whole(math.max(tonumber(known) + 1, now))
redis.call('SET', epoch, new)
return new
