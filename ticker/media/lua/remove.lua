-- include: media/_release
-- An editor takes a picture down. Its files are deleted next; if that fails, the cleaning does it.
-- Returns the state that it had, '' for none.
-- KEYS: record, bytes of all pictures, due, index.
-- ARGV: id, the record that is kept, ms after which its files are deleted if they are still there.
local record = KEYS[1]
local state = redis.call('HGET', record, 'state')
if not state then return '' end
if state == 'removed' then return state end
release(record, KEYS[2], KEYS[3], KEYS[4], ARGV[1], 'removed', now_ms() + tonumber(ARGV[3]))
redis.call('HSET', record, 'doc', ARGV[2])
return state
