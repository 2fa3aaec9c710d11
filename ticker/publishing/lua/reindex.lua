-- Sets an item's places in the indexes, if it is still at the version that the caller saw ('' for
-- none: the item is gone). Returns 1 if so.
local item, due, expiry, out = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, version = ARGV[1], ARGV[2]
if (redis.call('HGET', item, 'version') or '') ~= version then return 0 end
local function place(key, score)
  if score == '' then
    redis.call('ZREM', key, id)
  else
    redis.call('ZADD', key, score, id)
  end
end
place(due, ARGV[3])
place(expiry, ARGV[4])
place(out, ARGV[5])
return 1
