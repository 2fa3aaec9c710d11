-- include: media/_release
-- Take a picture whose time has come: its files may be deleted. Returns 1, or 0 if it is used meanwhile
-- or another process has it.
-- KEYS: record, bytes of all pictures, due, index.  ARGV: id, ms for which nobody else may take it.
local record, due, id = KEYS[1], KEYS[3], ARGV[1]
local at = redis.call('ZSCORE', due, id)
if not at or tonumber(at) > now_ms() then return 0 end
local again = now_ms() + tonumber(ARGV[2])
local state = redis.call('HGET', record, 'state')
if state == 'ready' or state == 'storing' then
  release(record, KEYS[2], due, KEYS[4], id, 'deleting', again)
else
  redis.call('ZADD', due, again, id)
end
return 1
