-- Replace the record of one account, if nobody else has changed it.
--
-- KEYS  accounts
-- ARGV  name, record that was read, new record; an empty one: there was none, or it goes;
--       how many accounts there may be
-- Returns 1; 0 if the record is another one; -1 if there are too many accounts.
local kept = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if kept ~= ARGV[2] then
  return 0
end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
  return 1
end
if kept == '' and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then
  return -1
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
