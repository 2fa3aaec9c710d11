-- Shared by all scripts. Stream ids are compared as decimal strings: a double is exact to 2^53 only.
local function split(id)
  local ms, seq = string.match(id, '^(%d+)%-(%d+)$')
  return ms, seq
end

local function number_less(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end

local function less(a, b)
  local ams, aseq = split(a)
  local bms, bseq = split(b)
  if ams ~= bms then return number_less(ams, bms) end
  return number_less(aseq, bseq)
end

-- The last generated id of a stream, or false where there is no stream. It survives XDEL and XTRIM.
local function top_of(key)
  if redis.call('EXISTS', key) == 0 then return false end
  local info = redis.call('XINFO', 'STREAM', key)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1] end
  end
  return false
end

local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function whole(number)
  return string.format('%.0f', number)
end

-- Receipts add up what all events of a kind came to; when and how far is said of the newest alone.
-- Turn to `event` if it is that one. Returns whether it is.
local function newest_of(receipts, head, event)
  local known = redis.call('HGET', receipts, head .. 'event')
  if known == event then return true end
  if known and less(event, known) then return false end
  redis.call('HSET', receipts, head .. 'event', event)
  redis.call('HDEL', receipts, head .. 'jobs', head .. 'done', head .. 'first', head .. 'last')
  return true
end

local function note_times(receipts, head, first, last)
  local from = tonumber(redis.call('HGET', receipts, head .. 'first') or '')
  local to = tonumber(redis.call('HGET', receipts, head .. 'last') or '')
  if not from or tonumber(first) < from then redis.call('HSET', receipts, head .. 'first', first) end
  if not to or tonumber(last) > to then redis.call('HSET', receipts, head .. 'last', last) end
end

-- Take a push subscription out of one shard, or out of all that it is filed in; others find room there.
local function leave_shard(prefix, id, topic, number)
  if redis.call('ZREM', prefix .. 'push:shard:' .. topic .. '/' .. number, id) == 1 then
    redis.call('SADD', prefix .. 'push:room:' .. topic, number)
  end
end

local function unfile(prefix, filed, id)
  for topic, number in string.gmatch(redis.call('HGET', filed, id) or '', '(%S+)#(%d+)') do
    leave_shard(prefix, id, topic, number)
  end
  redis.call('HDEL', filed, id)
end
