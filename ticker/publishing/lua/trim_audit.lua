-- Takes a bounded number of entries off the old end of the audit: those beyond the number that is kept,
-- and those from before a time. Returns how many went. Nothing else takes entries off.
local audit = KEYS[1]
local keep, older_than, most = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])

local excess = math.min(most, math.max(0, redis.call('XLEN', audit) - keep))
local old = #redis.call('XRANGE', audit, '-', '(' .. older_than .. '-0', 'COUNT', most)
local count = math.max(excess, old)
if count == 0 then return 0 end
return redis.call('XTRIM', audit, 'MAXLEN', '=', redis.call('XLEN', audit) - count)
