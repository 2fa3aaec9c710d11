-- Keep the report of one process, with the time by this server's clock.
-- KEYS: hash of reports. ARGV: process, report, milliseconds until all of it expires.
redis.call('HSET', KEYS[1], ARGV[1], redis.call('TIME')[1] .. ' ' .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
