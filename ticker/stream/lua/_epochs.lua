-- Epochs: of which history this server's lane is. The hash `epochs` has
--   current   the epoch in force, microseconds since 1970 at its begin
--   server    the replication id of the server that began it
--   <epoch>   the lane's last id when that epoch ended: up to there its cursors stay good
-- A primary has a replication id that no other server ever had: it takes a new one when it starts and
-- when it is promoted. So a lane that was written under another one may lack what readers have seen.
-- A new epoch costs readers nothing if nothing is missing, and whatever is missing came after its begin.
local EPOCHS_MAX = 100

-- '' where the server does not say it (some managed ones): then a change of server is not noticed here.
local function replication_id()
  local info = redis.pcall('INFO', 'replication')
  if type(info) ~= 'string' then return '' end
  local _, before = string.find(info, 'master_replid:', 1, true)
  return before and string.match(info, '^%x+', before + 1) or ''
end

local function forget_oldest(epochs)
  local oldest
  for _, field in ipairs(redis.call('HKEYS', epochs)) do
    if string.match(field, '^%d+$') and (not oldest or number_less(field, oldest)) then oldest = field end
  end
  redis.call('HDEL', epochs, oldest)
end

-- Begin a new epoch after `last`, the lane's last id. Returns it. It is greater than `seen`, if that is
-- given, and than every epoch before; the microseconds make those of two branches differ.
local function begin_epoch(epochs, last, seen)
  local time = redis.call('TIME')
  local micros = tonumber(time[2])
  local new = tonumber(time[1]) * 1000000 + micros
  local current = redis.call('HGET', epochs, 'current')
  local greatest = math.max(tonumber(current or 0), tonumber(seen or 0))
  if new <= greatest then new = greatest + 1 + micros end
  new = whole(new)
  if current then redis.call('HSET', epochs, current, last) end
  redis.call('HSET', epochs, 'current', new, 'server', replication_id())
  if redis.call('HLEN', epochs) > EPOCHS_MAX + 2 then forget_oldest(epochs) end
  return new
end

-- Return the epoch of the lane that ends at `last`, after beginning one if this server is another.
local function epoch_of(epochs, last)
  local known = redis.call('HMGET', epochs, 'current', 'server')
  local server = replication_id()
  if known[1] and (known[2] == server or server == '') then return known[1] end
  return begin_epoch(epochs, last)
end
