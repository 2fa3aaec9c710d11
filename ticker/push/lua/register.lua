-- include: push/_shards
-- File a subscription under its topics, each in a shard with room.
-- KEYS: subscriptions, placements, quarantine, shards
-- ARGV: prefix, provider, id, record, the record that was read or '', shard size, most subscriptions,
--       id that it replaces or '', most former topics, most bytes, most at unknown services, most at one
--       unknown host, ms for which one at an unknown service may stay without accepting a message,
--       topics…
-- Replies 'new', 'known', 'full' (of subscriptions or bytes), 'unknown_full', 'host_full', or 'raced' if
-- the record is not the one that was read.
-- Its placements are stored as ``topic#shard topic#shard!…``, former ones with a mark. It stays in
-- former shards for a while, because a correction must find it where the alert did; and a topic that it
-- returns to, or never left, must not become another shard during a send.
-- Shards are named here: they have the prefix's hash tag, like all keys.
local subscriptions, placements, quarantine, shards = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local prefix, provider, id, record = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local size, most, replaced, former_max = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8], tonumber(ARGV[9])
local bytes_max, unknown_max, host_max = tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])
local unproven_ms, first_topic = tonumber(ARGV[13]), 14

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
  forget(prefix, provider, replaced)
end
if not known and redis.call('HLEN', subscriptions) >= most then return 'full' end

local places = redis.call('HGET', placements, id) or ''
local host = unknown_host(record)
if host and not (known and unknown_host(known) == host) then
  local counts = prefix .. 'push:unknown'
  local function counted(field) return tonumber(redis.call('HGET', counts, field) or '0') end
  if counted('*') >= unknown_max or counted(host) >= host_max then
    expire_unproven(prefix, now_ms() - unproven_ms, 100)
  end
  if counted(host) >= host_max then return 'host_full' end
  if counted('*') >= unknown_max then return 'unknown_full' end
end
local text = places
for i = first_topic, #ARGV do text = text .. ARGV[i] .. '#99999! ' end
local _, filed = string.gsub(text, '#', '')
local old = known and weight(known, places, select(2, string.gsub(places, '#', ''))) or 0
local new = weight(record, text, filed)
local taken = tonumber(redis.call('HGET', prefix .. 'push:bytes', provider) or '0')
if new > old and taken - old + new > bytes_max then return 'full' end

local place, order = {}, {}
for topic, number in string.gmatch(places, '(%S+)#(%d+)') do
  place[topic] = number
  order[#order + 1] = topic
end
local now, wanted = {}, {}
for i = first_topic, #ARGV do
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
if known then count_subscription(prefix, provider, known, places, -1) end
count_subscription(prefix, provider, record, table.concat(now, ' '), 1)
if host and not known then
  redis.call('ZADD', prefix .. 'push:unproven', whole(now_ms()), id)
elseif not host and known and unknown_host(known) then
  redis.call('ZREM', prefix .. 'push:unproven', id)
  redis.call('HDEL', prefix .. 'push:unproven_failures', id)
end
redis.call('HSET', placements, id, table.concat(now, ' '))
redis.call('HSET', subscriptions, id, record)
redis.call('HDEL', quarantine, id)
return known and 'known' or 'new'
