-- Store what is known of a server's answers, unless another worker has changed it since it was read.
-- KEYS: watches. ARGV: server, the value that was read or '', the new one. Replies 1 if it was stored.
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
