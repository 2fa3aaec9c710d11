-- Lease some of a provider's sends. All workers share one rate: the leases follow each other in time.
-- KEYS: the end of the last lease in µs since 1970.
-- ARGV: sends a second, how many are wanted, µs from now within which the lease must begin, µs after which
--       an end in the future is not believed (Redis' clock was set back).
-- Replies how many are leased, all or none, and the µs until they may be made (or asked for again).
local rate, wanted = tonumber(ARGV[1]), tonumber(ARGV[2])
local within, believed = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local begins = tonumber(redis.call('GET', KEYS[1]) or '0')
if begins < now or begins > now + believed then begins = now end
local wait = begins - now
if wait > within then return {0, math.ceil(wait - within)} end
redis.call('SET', KEYS[1], whole(begins + wanted * 1000000 / rate), 'PX', 60000)
return {wanted, math.ceil(wait)}
