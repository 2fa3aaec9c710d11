-- include: push/_shards
-- Note what became of messages to subscriptions at unknown services. One that accepts a message stays;
-- one that never did is deleted after some failures.
-- KEYS: unproven, failures. ARGV: prefix, failures after which one is deleted, then id and '1' if it
-- accepted the message or '0'…
-- Replies how many were deleted.
local unproven, failures = KEYS[1], KEYS[2]
local prefix, most = ARGV[1], tonumber(ARGV[2])
local deleted = 0
for i = 3, #ARGV, 2 do
  local id = ARGV[i]
  if ARGV[i + 1] == '1' then
    redis.call('ZREM', unproven, id)
    redis.call('HDEL', failures, id)
  elseif redis.call('ZSCORE', unproven, id) and redis.call('HINCRBY', failures, id, 1) >= most then
    forget(prefix, 'webpush', id)
    deleted = deleted + 1
  end
end
return deleted
