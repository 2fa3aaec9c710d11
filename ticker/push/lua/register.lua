-- include: push/_shards
-- File a subscription under its topics, each in a shard with room.
-- KEYS: subscriptions, placements, quarantine, shards
-- ARGV: prefix, the command as JSON with named fields (see Subscriptions.registration), and beside it the
--       record, and the record that was read or ''.
-- Replies 'new', 'known', 'full' (of subscriptions or bytes), 'unknown_full', 'host_full', or 'raced' if
-- the record is not the one that was read.
-- Its placements are stored as ``topic#shard topic#shard!…``, former ones with a mark. It stays in
-- former shards for a while, because a correction must find it where the alert did; and a topic that it
-- returns to, or never left, must not become another shard during a send.
-- Shards are named here: they have the prefix's hash tag, like all keys.
local subscriptions, placements, quarantine, shards = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local prefix, command, record, read = ARGV[1], cjson.decode(ARGV[2]), ARGV[3], ARGV[4]
local provider, id, limits = command.provider, command.id, command.limits

local function file(topic)
  local room = prefix .. 'push:open_shards:' .. topic
  local number = redis.call('SRANDMEMBER', room)
  while number do
    local shard = prefix .. 'push:shard:' .. topic .. '/' .. number
    if redis.call('ZCARD', shard) < limits.shard then
      redis.call('ZADD', shard, 0, id)
      return number
    end
    redis.call('SREM', room, number)
    number = redis.call('SRANDMEMBER', room)
  end
  local count = tonumber(redis.call('HGET', shards, topic) or '0')
  if count > 0 then
    local shard = prefix .. 'push:shard:' .. topic .. '/' .. (count - 1)
    if redis.call('ZCARD', shard) < limits.shard then
      redis.call('ZADD', shard, 0, id)
      return tostring(count - 1)
    end
  end
  redis.call('HSET', shards, topic, count + 1)
  redis.call('ZADD', prefix .. 'push:shard:' .. topic .. '/' .. count, 0, id)
  return tostring(count)
end

local known = redis.call('HGET', subscriptions, id)
if (known or '') ~= read then return 'raced' end
if command.replaces ~= '' and command.replaces ~= id then
  forget(prefix, provider, command.replaces)
end
if not known and redis.call('HLEN', subscriptions) >= limits.subscriptions then return 'full' end

local places = redis.call('HGET', placements, id) or ''
local host = unknown_host(record)
if host and not (known and unknown_host(known) == host) then
  local counts = prefix .. 'push:unknown'
  local function counted(field) return tonumber(redis.call('HGET', counts, field) or '0') end
  if counted('*') >= limits.unknown or counted(host) >= limits.unknown_host then
    expire_unproven(prefix, now_ms() - limits.unproven_ms, 100)
  end
  if counted(host) >= limits.unknown_host then return 'host_full' end
  if counted('*') >= limits.unknown then return 'unknown_full' end
end
local text = places
for _, topic in ipairs(command.topics) do text = text .. topic .. '#99999! ' end
local _, filed = string.gsub(text, '#', '')
local old = known and weight(known, places, select(2, string.gsub(places, '#', ''))) or 0
local new = weight(record, text, filed)
local taken = tonumber(redis.call('HGET', prefix .. 'push:bytes', provider) or '0')
if new > old and taken - old + new > limits.bytes then return 'full' end

local place, order = {}, {}
for topic, number in string.gmatch(places, '(%S+)#(%d+)') do
  place[topic] = number
  order[#order + 1] = topic
end
local now, wanted = {}, {}
for _, topic in ipairs(command.topics) do
  wanted[topic] = true
  now[#now + 1] = topic .. '#' .. (place[topic] or file(topic))
end
local former = 0
for _, topic in ipairs(order) do
  if not wanted[topic] then
    former = former + 1
    if former <= limits.former_topics then
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
