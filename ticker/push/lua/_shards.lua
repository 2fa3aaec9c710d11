-- Push subscriptions: their shards, and what is counted of them. Keys are named here: they have the
-- prefix's hash tag, like all keys.
-- Remove a subscription from one shard, and note that the shard has room.
local function leave_shard(prefix, id, topic, number)
  if redis.call('ZREM', prefix .. 'push:shard:' .. topic .. '/' .. number, id) == 1 then
    redis.call('SADD', prefix .. 'push:open_shards:' .. topic, number)
  end
end

-- The host of a subscription's unknown push service, or nil. A quote within another text of the record
-- is escaped, so that nothing else looks like this field.
local function unknown_host(record)
  return string.match(record, '"u":"([^"]*)"')
end

-- The bytes that a subscription takes, with `filed` topics: a little more than what
-- benchmarks.push_memory measures.
local function weight(record, places, filed)
  return 180 + #record + #places + 100 * filed
end

-- Count a subscription (sign 1), or no longer (-1).
local function count_subscription(prefix, provider, record, places, sign)
  local _, filed = string.gsub(places, '#', '')
  redis.call('HINCRBY', prefix .. 'push:bytes', provider, whole(sign * weight(record, places, filed)))
  local host = unknown_host(record)
  if host then
    for _, field in ipairs({host, '*'}) do
      if redis.call('HINCRBY', prefix .. 'push:unknown', field, sign) <= 0 then
        redis.call('HDEL', prefix .. 'push:unknown', field)
      end
    end
  end
end

-- Delete a subscription: from every shard that it is filed in, and from all counts.
local function forget(prefix, provider, id)
  local subscriptions = prefix .. 'push:subscriptions:' .. provider
  local placements = prefix .. 'push:placements:' .. provider
  local record = redis.call('HGET', subscriptions, id)
  if not record then return end
  local places = redis.call('HGET', placements, id) or ''
  for topic, number in string.gmatch(places, '(%S+)#(%d+)') do
    leave_shard(prefix, id, topic, number)
  end
  redis.call('HDEL', placements, id)
  redis.call('HDEL', subscriptions, id)
  count_subscription(prefix, provider, record, places, -1)
  if unknown_host(record) then
    redis.call('ZREM', prefix .. 'push:unproven', id)
    redis.call('HDEL', prefix .. 'push:unproven_failures', id)
  end
end

-- Delete subscriptions at unknown services that were registered at or before `before_ms` and never
-- accepted a message, at most `most`, the oldest first. Returns how many.
local function expire_unproven(prefix, before_ms, most)
  local ids = redis.call('ZRANGEBYSCORE', prefix .. 'push:unproven', '-inf', before_ms, 'LIMIT', 0, most)
  for _, id in ipairs(ids) do
    forget(prefix, 'webpush', id)
    redis.call('ZREM', prefix .. 'push:unproven', id)
  end
  return #ids
end
