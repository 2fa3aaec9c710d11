-- include: push/_shards
-- Delete subscriptions, or move them to the quarantine, unless they were registered again meanwhile.
-- KEYS: subscriptions, quarantine
-- ARGV: prefix, provider, most in quarantine or 0 to delete them, then id and record as it was read ('' for
--       any)…
-- Replies how many were removed.
-- Shards are named here: they have the prefix's hash tag, like all keys.
local subscriptions, quarantine = KEYS[1], KEYS[2]
local prefix, provider, most = ARGV[1], ARGV[2], tonumber(ARGV[3])
local removed = 0
for i = 4, #ARGV, 2 do
  local id, read = ARGV[i], ARGV[i + 1]
  local record = redis.call('HGET', subscriptions, id)
  if record and (read == '' or read == record) then
    forget(prefix, provider, id)
    if most > 0 and redis.call('HLEN', quarantine) < most then
      redis.call('HSET', quarantine, id, record)
    end
    removed = removed + 1
  end
end
return removed
