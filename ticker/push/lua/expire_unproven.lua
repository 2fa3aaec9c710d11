-- include: push/_shards
-- Delete the oldest subscriptions at unknown services that never accepted a message.
-- KEYS: unproven. ARGV: prefix, ms for which one may stay, how many are deleted at most.
-- Replies how many were deleted.
return expire_unproven(ARGV[1], now_ms() - tonumber(ARGV[2]), ARGV[3])
