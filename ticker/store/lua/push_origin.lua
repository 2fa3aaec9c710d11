-- Keep what phones were told of an item, unless somebody else has changed it since it was read.
-- KEYS: origin, collapse. ARGV: the value that was read or '', the new one, ms to keep it, 1 if it
-- holds the collapse key. Replies 1 if it was kept.
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if ARGV[4] == '1' then redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]) end
return 1
