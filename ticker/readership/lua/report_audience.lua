-- Keep the counts of one gateway process, with the time by this server's clock.
-- KEYS: audience. ARGV: process, counts as JSON, milliseconds until all of it expires.
redis.call('HSET', KEYS[1], ARGV[1], redis.call('TIME')[1] .. ' ' .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
