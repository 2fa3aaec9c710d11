-- Keep the report of one process, with the time by this server's clock. A process that is new takes off those
-- that have been silent for as long as all of it is kept: they crashed, or they report again as if new.
-- KEYS: hash of reports. ARGV: process, report, milliseconds until all of it expires.
local now = tonumber(redis.call('TIME')[1])
if redis.call('HSET', KEYS[1], ARGV[1], whole(now) .. ' ' .. ARGV[2]) == 1 then
  local reports = redis.call('HGETALL', KEYS[1])
  for i = 1, #reports, 2 do
    local seconds = tonumber(string.match(reports[i + 1], '^(%d+) '))
    if not seconds or now - seconds > tonumber(ARGV[3]) / 1000 then
      redis.call('HDEL', KEYS[1], reports[i])
    end
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
