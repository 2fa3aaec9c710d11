-- Change an endpoint, as an editor asked. Every change begins a new generation: a delivery of an older
-- one may no longer move the cursor. Replies 'gone', 'raced' or 'done'.
local hooks, state, wake, live = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, old, new, wake_max = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local record = redis.call('HGET', hooks, id)
if not record then return 'gone' end
if old ~= '' and record ~= old then return 'raced' end
if new ~= '' then redis.call('HSET', hooks, id, new) end
for i = 5, #ARGV, 2 do
  local field, value = ARGV[i], ARGV[i + 1]
  if value == '' then
    redis.call('HDEL', state, field)
  elseif field == 'cursor' and value == 'top' then
    redis.call('HSET', state, 'cursor', top_of(live) or '0-0')
  else
    redis.call('HSET', state, field, value)
  end
end
redis.call('HINCRBY', state, 'generation', 1)
redis.call('RPUSH', wake, id)
redis.call('LTRIM', wake, -tonumber(wake_max), -1)
return 'done'
