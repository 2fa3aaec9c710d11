-- Note that an editor is at an item, for a time. Returns who is at it, and the ms that are left.
-- KEYS: lock.  ARGV: the editor, ms.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return {holder, redis.call('PTTL', KEYS[1])}
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {ARGV[1], tonumber(ARGV[2])}
