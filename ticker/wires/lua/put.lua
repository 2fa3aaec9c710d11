-- Writes a feed's record if it is still the one that was read ('' for a new feed), and sets when it is
-- looked at next. Returns 'done', or 'exists', 'full', 'gone' or 'moved' without writing.
local feeds, due, states = KEYS[1], KEYS[2], KEYS[3]
local name, old, new, most, now = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local kept = redis.call('HGET', feeds, name)
if old == '' then
  if kept then return 'exists' end
  if redis.call('HLEN', feeds) >= most then return 'full' end
  redis.call('HDEL', states, name)
elseif not kept then
  return 'gone'
elseif kept ~= old then
  return 'moved'
end
redis.call('HSET', feeds, name, new)
redis.call('ZADD', due, now, name)
return 'done'
