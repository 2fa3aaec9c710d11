-- include: push/_shards
-- Delete subscriptions, or move them to the quarantine, unless they were registered again meanwhile.
-- KEYS: subscriptions, placements, quarantine
-- ARGV: prefix, most in quarantine or 0 to delete them, then id and record as it was read ('' for any)…
-- Replies how many were removed.
-- Shards are named here: they have the prefix's hash tag, like all keys.
local subscriptions, placements, quarantine = KEYS[1], KEYS[2], KEYS[3]
local prefix, most = ARGV[1], tonumber(ARGV[2])
local removed = 0
for i = 3, #ARGV, 2 do
  local id, read = ARGV[i], ARGV[i + 1]
  local record = redis.call('HGET', subscriptions, id)
  if record and (read == '' or read == record) then
    unfile(prefix, placements, id)
    redis.call('HDEL', subscriptions, id)
    if most > 0 and redis.call('HLEN', quarantine) < most then
      redis.call('HSET', quarantine, id, record)
    end
    removed = removed + 1
  end
end
return removed
