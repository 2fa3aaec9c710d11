-- The next members of a shard after one, with their records: one round trip for a thousand.
-- KEYS: shard, subscriptions
-- ARGV: the member after which to begin or '', how many
-- Replies {ids, records}; a record is false where the subscription is gone.
local low = ARGV[1] == '' and '-' or '(' .. ARGV[1]
local ids = redis.call('ZRANGEBYLEX', KEYS[1], low, '+', 'LIMIT', 0, ARGV[2])
if #ids == 0 then return {{}, {}} end
return {ids, redis.call('HMGET', KEYS[2], unpack(ids))}
