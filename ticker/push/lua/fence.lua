-- Keep an event from being sent in a version older than this one, whichever worker sends it.
-- A run in progress ends with its next page: what it writes is refused, and its job, run again, reads
-- the item's current version.
-- KEYS: progress. ARGV: version, ms since 1970.
-- Replies nothing if the event has not begun here; otherwise whether an older run may still have
-- requests in flight (0 or 1), when it was fenced (ms since 1970), and the fields of the progress.
local progress = KEYS[1]
if redis.call('EXISTS', progress) == 0 then return false end
local version = tonumber(ARGV[1])
local marks = cjson.decode(redis.call('HGET', progress, 'marks') or '[]')
local last = marks[#marks]
if not last or last[1] < version then
  local position = redis.call('HGET', progress, 'position') or ''
  local ahead = redis.call('HGET', progress, 'ahead') or ''
  -- Without a mark nothing was sent, and the next run begins with this version or a later one.
  if last then marks[#marks + 1] = {version, ahead > position and ahead or position} end
  local run = redis.call('HINCRBY', progress, 'run', 1)
  redis.call('HSET', progress, 'fenced', run, 'fenced_at', ARGV[2])
  if last then redis.call('HSET', progress, 'marks', cjson.encode(marks)) end
end
local busy = tonumber(redis.call('HGET', progress, 'busy') or '')
local fenced = tonumber(redis.call('HGET', progress, 'fenced') or '')
local waits = busy and fenced and busy < fenced
return {
  waits and 1 or 0,
  redis.call('HGET', progress, 'fenced_at') or '0',
  redis.call('HGETALL', progress),
}
