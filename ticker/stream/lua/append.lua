-- The relay's step: a batch of the wire, in order, to the lane under the wire's own ids.
-- ARGV: the position after which the batch was read, the bound of the dead letters, then per entry
-- five: id, kind, item id, body, reason. KEYS after the first five: item and log of every entry
-- that has an item id, in order. Each lane entry names the one before it (p): a reader that has
-- seen more than that knows that the lane has lost something.
local live, wire, board, dead, pulse = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local after, dead_max = ARGV[1], ARGV[2]
local next_key = 6

local top = top_of(live)
-- Whoever read the wire after a position that the lane has not reached would leave a gap.
if not top or less(top, after) then return {'behind', top or '0-0', 0, 0, 0, 0, 0, 0} end

local shown, removed, withheld, buried, beats, scrubbed = 0, 0, 0, 0, 0, 0

local function noop(id)
  redis.call('XADD', live, id, 'n', '1', 'p', top)
end

local function scrub(log, before)
  local ids = {}
  local function flush()
    if #ids > 0 then scrubbed = scrubbed + redis.call('XDEL', live, unpack(ids)) end
    ids = {}
  end
  for _, id in ipairs(redis.call('LRANGE', log, 0, -1)) do
    if less(id, before) then
      ids[#ids + 1] = id
      if #ids == 1000 then flush() end
    end
  end
  flush()
end

for i = 3, #ARGV, 5 do
  local id, kind, item_id, body, reason = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  local item, log
  if item_id ~= '' then
    item, log = KEYS[next_key], KEYS[next_key + 1]
    next_key = next_key + 2
  end
  if less(top, id) then
    if kind == 'show' then
      local state = redis.call('HGET', item, 'state')
      if not state or state == 'retracted' then
        noop(id)
        withheld = withheld + 1
      else
        redis.call('XADD', live, id, 'e', body, 'p', top)
        redis.call('HSET', board, item_id, id .. ' ' .. body)
        shown = shown + 1
      end
    elseif kind == 'retract' or kind == 'expire' then
      redis.call('XADD', live, id, 'e', body, 'p', top)
      redis.call('HDEL', board, item_id)
      if kind == 'retract' then scrub(log, id) end
      removed = removed + 1
    elseif kind == 'beat' then
      redis.call('XADD', live, id, 'h', body, 'p', top)
      local previous = redis.call('HGET', pulse, 'live')
      if previous and previous ~= id then redis.call('XDEL', live, previous) end
      redis.call('HSET', pulse, 'live', id, 'live_ms', body)
      redis.call('XDEL', wire, id)
      beats = beats + 1
    elseif kind == 'dead' then
      noop(id)
      redis.call('XADD', dead, 'MAXLEN', '~', dead_max, '*', 'wire', id, 'reason', reason, 'record', body)
      buried = buried + 1
    else
      noop(id)
    end
    top = id
  end
end
return {'done', top, shown, removed, withheld, buried, beats, scrubbed}
