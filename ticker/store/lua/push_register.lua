-- File a subscription under its topics, each in a shard with room. Filing it again moves it.
-- KEYS: subscriptions, filed, quarantine, shards
-- ARGV: prefix, provider, id, record, shard size, most subscriptions, id that it replaces or '', topics…
-- Replies: 'new' | 'known' | 'full'.
-- Shards and their rooms are named here: they have the prefix's hash tag, like all keys.
local subscriptions, filed, quarantine, shards = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local prefix, provider, id, record = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local size, most, replaced = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]

local function unfile(one)
  local where = redis.call('HGET', filed, one)
  if where then
    for topic, number in string.gmatch(where, '(%S+)#(%d+)') do
      if redis.call('ZREM', prefix .. 'push:shard:' .. topic .. '/' .. number, one) == 1 then
        redis.call('SADD', prefix .. 'push:room:' .. topic, number)
      end
    end
  end
  redis.call('HDEL', filed, one)
  return redis.call('HDEL', subscriptions, one)
end

local function file(topic)
  local room = prefix .. 'push:room:' .. topic
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

-- Since when it is here; by this clock, and kept when it registers again or in another's place. The
-- quotes of the pattern cannot be inside a JSON string: there they are escaped.
local function since(one) return string.match(redis.call('HGET', subscriptions, one) or '', '"f":(%d+)') end
local first = since(id) or since(replaced) or whole(now_ms())
record = string.gsub(record, '"f":%d+', '"f":' .. first, 1)

if replaced ~= '' and replaced ~= id then unfile(replaced) end
local known = redis.call('HEXISTS', subscriptions, id) == 1
if not known and redis.call('HLEN', subscriptions) >= most then return 'full' end
-- One that stays where it is must not change its shard: a send that is under way would miss it, or
-- meet it twice.
local before, now = {}, {}
for topic in string.gmatch(redis.call('HGET', filed, id) or '', '(%S+)#%d+') do
  before[#before + 1] = topic
end
for i = 8, #ARGV do now[#now + 1] = ARGV[i] end
if not known or table.concat(before, ' ') ~= table.concat(now, ' ') then
  unfile(id)
  for i, topic in ipairs(now) do now[i] = topic .. '#' .. file(topic) end
  redis.call('HSET', filed, id, table.concat(now, ' '))
end
redis.call('HSET', subscriptions, id, record)
redis.call('HDEL', quarantine, id)
return known and 'known' or 'new'
