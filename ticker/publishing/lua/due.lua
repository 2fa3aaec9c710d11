-- Returns now by Redis' clock, ids to release, ids to expire, and the ms until the next of either.
local due, expiry = KEYS[1], KEYS[2]
local limit = ARGV[1]
local now = now_ms()
local function passed(key)
  return redis.call('ZRANGE', key, '-inf', whole(now), 'BYSCORE', 'LIMIT', 0, limit)
end
local function next_of(key)
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return first[2] and tonumber(first[2]) or math.huge
end
local wait = math.min(next_of(due), next_of(expiry)) - now
if wait > 86400000 then wait = 86400000 end
return {whole(now), passed(due), passed(expiry), math.floor(wait)}
