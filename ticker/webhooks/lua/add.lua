-- Add a webhook endpoint whose cursor is the lane's top. A repeat of the same request changes nothing.
-- Replies outcome ('made', 'repeated', 'mismatch', 'full') and id.
local hooks, state, idem, wake, live = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id, record, max, digest, idem_ms, wake_max = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]

if digest ~= '' then
  local before = redis.call('GET', idem)
  if before then
    local known, first = string.match(before, '^(%S+) (%S+)$')
    if known == digest then return {'repeated', first} end
    return {'mismatch', ''}
  end
end
if redis.call('HLEN', hooks) >= tonumber(max) then return {'full', ''} end
if digest ~= '' then redis.call('SET', idem, digest .. ' ' .. id, 'PX', idem_ms) end
redis.call('HSET', hooks, id, record)
redis.call('HSET', state, 'cursor', top_of(live) or '0-0', 'generation', '0')
redis.call('RPUSH', wake, id)
redis.call('LTRIM', wake, -tonumber(wake_max), -1)
return {'made', id}
