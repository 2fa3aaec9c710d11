-- include: push/_shards
-- File a subscription under its topics, each in a shard with room.
-- KEYS: subscriptions, placements, quarantine, shards
-- ARGV: prefix, provider, id, record, the record that was read or '', shard size, most subscriptions,
--       id that it replaces or '', most former topics, topics…
-- Replies 'new', 'known', 'full', or 'raced' if the record is not the one that was read.
-- Its placements are stored as ``topic#shard topic#shard!…``, former ones with a mark. It stays in
-- former shards for a while, because a correction must find it where the alert did; and a topic that it
-- returns to, or never left, must not become another shard during a send.
-- Shards are named here: they have the prefix's hash tag, like all keys.
local subscriptions, placements, quarantine, shards = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local prefix, provider, id, record = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local size, most, replaced, former_max = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8], tonumber(ARGV[9])

local function file(topic)
  local room = prefix .. 'push:open_shards:' .. topic
  local number = redis.call('SRANDMEMBER', room)
  while number do
    local shard = prefix .. 'push:shard:' .. topic .. '/' .. number
    if redis.call('ZCARD', shard) < size then
      redis.call('ZADD', shard, 0, id)
      return number
    end
    redis.call('SREM', room, number)
    number = redis.call('SRANDMEMBER', room)
  end
  local count = tonumber(redis.call('HGET', shards, topic) or '0')
  if count > 0 then
    local shard = prefix .. 'push:shard:' .. topic .. '/' .. (count - 1)
    if redis.call('ZCARD', shard) < size then
      redis.call('ZADD', shard, 0, id)
      return tostring(count - 1)
    end
  end
  redis.call('HSET', shards, topic, count + 1)
  redis.call('ZADD', prefix .. 'push:shard:' .. topic .. '/' .. count, 0, id)
  return tostring(count)
end

local known = redis.call('HGET', subscriptions, id)
if (known or '') ~= ARGV[5] then return 'raced' end
if replaced ~= '' and replaced ~= id then
  unfile(prefix, placements, replaced)
  redis.call('HDEL', subscriptions, replaced)
end
if not known and redis.call('HLEN', subscriptions) >= most then return 'full' end

local place, order = {}, {}
for topic, number in string.gmatch(redis.call('HGET', placements, id) or '', '(%S+)#(%d+)') do
  place[topic] = number
  order[#order + 1] = topic
end
local now, wanted = {}, {}
for i = 10, #ARGV do
  local topic = ARGV[i]
  wanted[topic] = true
  now[#now + 1] = topic .. '#' .. (place[topic] or file(topic))
end
local former = 0
for _, topic in ipairs(order) do
  if not wanted[topic] then
    former = former + 1
    if former <= former_max then
      now[#now + 1] = topic .. '#' .. place[topic] .. '!'
    else
      leave_shard(prefix, id, topic, place[topic])
    end
  end
end
redis.call('HSET', placements, id, table.concat(now, ' '))
redis.call('HSET', subscriptions, id, record)
redis.call('HDEL', quarantine, id)
return known and 'known' or 'new'
