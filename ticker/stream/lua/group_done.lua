-- Acknowledges entries of a consumer group, and remembers the newest one ever acknowledged.
-- KEYS: stream, groups. ARGV: group, then ids in ascending order.
local group = ARGV[1]
for i = 2, #ARGV do redis.call('XACK', KEYS[1], group, ARGV[i]) end
local newest = ARGV[#ARGV]
local known = redis.call('HGET', KEYS[2], group)
if not known or less(known, newest) then redis.call('HSET', KEYS[2], group, newest) end
