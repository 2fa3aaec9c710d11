-- The files of a picture are deleted. That an editor has removed it is remembered for a time.
-- KEYS: record, due.  ARGV: id, ms for which a removal is remembered.
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'ready' or state == 'storing' then return 0 end
redis.call('ZREM', KEYS[2], ARGV[1])
if state == 'removed' then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
else
  redis.call('DEL', KEYS[1])
end
return 1
