-- Read the next page of a shard and record that it is being sent, in one round trip, unless something
-- forbids it: the run is no longer current, the provider is stopped, a flash goes first, or the item
-- is not as the run knows it.
-- KEYS: progress, shard, subscriptions, stop, flash jobs, item
-- ARGV: run, ms to keep the progress, version and state of the item that the run knows, marks, the id
--       after which to begin or '', how many, ms since 1970 or '' for a flash (which waits for none)
-- Replies {'overtaken'}, {'fenced'}, {'stopped'}, {'flash'}, {'changed'}, or {'page', ids, records}; a
-- record is false where the subscription is gone. No ids: the shard ends here, nothing is recorded.
local progress, shard, subscriptions, stop, flash, item = unpack(KEYS)
local run, keep_ms, version, state, marks, after, count, now = unpack(ARGV)

local current = redis.call('HGET', progress, 'run')
if current ~= run then
  return {redis.call('HGET', progress, 'fenced') == current and 'fenced' or 'overtaken'}
end
if redis.call('EXISTS', stop) == 1 then return {'stopped'} end
if now ~= '' and redis.call('ZCOUNT', flash, '(' .. now, '+inf') > 0 then return {'flash'} end
local known = redis.call('HMGET', item, 'version', 'state')
if known[1] ~= version or known[2] ~= state then return {'changed'} end

local low = after == '' and '-' or '(' .. after
local ids = redis.call('ZRANGEBYLEX', shard, low, '+', 'LIMIT', 0, count)
if #ids == 0 then return {'page', {}, {}} end
if ids[#ids] > (redis.call('HGET', progress, 'ahead') or '') then
  redis.call('HSET', progress, 'ahead', ids[#ids])
end
redis.call('HSET', progress, 'marks', marks, 'busy', run)
redis.call('PEXPIRE', progress, keep_ms)
return {'page', ids, redis.call('HMGET', subscriptions, unpack(ids))}
