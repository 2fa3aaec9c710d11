-- Push shards. Remove a subscription from one shard, and note that the shard has room.
local function leave_shard(prefix, id, topic, number)
  if redis.call('ZREM', prefix .. 'push:shard:' .. topic .. '/' .. number, id) == 1 then
    redis.call('SADD', prefix .. 'push:open_shards:' .. topic, number)
  end
end

-- Remove a subscription from every shard that it is filed in.
local function unfile(prefix, placements, id)
  for topic, number in string.gmatch(redis.call('HGET', placements, id) or '', '(%S+)#(%d+)') do
    leave_shard(prefix, id, topic, number)
  end
  redis.call('HDEL', placements, id)
end
