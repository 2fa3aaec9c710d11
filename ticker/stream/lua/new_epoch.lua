-- include: stream/_epochs
-- Starts an epoch after `seen`, the newest one that the caller knows, unless a newer one has begun.
-- ARGV: seen, and whether the lane lacks entries of its own epochs ('1'): no older cursor is good then.
-- Returns the epoch in force.
local epochs, live = KEYS[1], KEYS[2]
local seen, damaged = ARGV[1], ARGV[2] == '1'
local current = redis.call('HGET', epochs, 'current')
if current and tonumber(current) > tonumber(seen) then return current end
if damaged then
  seen = whole(math.max(tonumber(seen), tonumber(current or 0)))
  redis.call('DEL', epochs)
end
return begin_epoch(epochs, top_of(live) or '0-0', seen)
