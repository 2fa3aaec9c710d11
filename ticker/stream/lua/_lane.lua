-- The lane's end: entries of this server's wire are added to it, in order, under their own ids.
-- Each lane entry names the entry before it (`p`) and its epoch (`g`): a reader that has seen more than
-- that, or knows another epoch, knows that history was rewritten. An event keeps the request that it
-- comes from (`o`), and gets the time at which it was carried (`c`, in ms). Needs stream/_epochs.
local function lane_of(live, wire, current, dead, heartbeat)
  return {
    live = live, wire = wire, current = current, dead = dead, heartbeat = heartbeat,
    prefix = string.sub(live, 1, -1 - #'live'), epochs = string.sub(live, 1, -1 - #'live') .. 'epochs',
    shown = 0, removed = 0, withheld = 0, buried = 0, heartbeats = 0, scrubbed = 0,
  }
end

local function add(lane, id, name, value)
  local more = {}
  if name == 'e' and lane.origin then more = {'o', lane.origin, 'c', lane.now or whole(now_ms())} end
  redis.call('XADD', lane.live, id, name, value, 'p', lane.top, 'g', lane.epoch, unpack(more))
  lane.top = id
end

-- Add the public body of an item's new version, and make it the item's current one.
local function show(lane, id, body, item)
  add(lane, id, 'e', body)
  redis.call('HSET', lane.current, item, id .. ' ' .. body)
  lane.shown = lane.shown + 1
end

-- Find out where the lane ends and of which epoch it is. Returns false where there is no lane to carry
-- to: a stream that has never had an entry is one that a consumer group made to stand on.
local function find_end(lane)
  lane.top = top_of(lane.live)
  if not lane.top or lane.top == '0-0' then return false end
  lane.epoch = epoch_of(lane.epochs, lane.top)
  return true
end
