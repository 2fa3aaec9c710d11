-- Shared by scripts that take a picture away: its bytes count no more, and it is in no list.
local function release(record, total, due, index, id, state, due_ms)
  local held = tonumber(redis.call('HGET', record, 'bytes') or '0')
  local sum = tonumber(redis.call('GET', total) or '0') - held
  if sum < 0 then sum = 0 end
  redis.call('SET', total, whole(sum))
  redis.call('HSET', record, 'state', state, 'bytes', '0')
  redis.call('ZREM', index, id)
  redis.call('ZADD', due, due_ms, id)
end
