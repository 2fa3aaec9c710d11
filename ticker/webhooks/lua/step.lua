-- include: storage/_receipts
-- Write one step of a delivery and renew the lease, if the endpoint exists, the worker holds the lease
-- and no editor has begun another generation.
-- Replies whether to go on ('go', 'gone', 'lost', 'moved', 'disabled'), and the state of the item.
-- ARGV: id, lease, generation, lease ms, JSON of fields to set, of fields to add to, of totals to
-- add to, failed event or '', how many failed events are kept; and to count a delivery in the receipts
-- of its item (KEYS[7]): outcome, event, ms since 1970, ms to keep the receipts.
local hooks, state, lease, failed, totals, item = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local id, token, generation, lease_ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

for name, by in pairs(cjson.decode(ARGV[7])) do redis.call('HINCRBY', totals, name, whole(by)) end
if ARGV[10] then
  local receipts = KEYS[7]
  redis.call('HINCRBY', receipts, 'webhooks:' .. ARGV[10], 1)
  if newest_of(receipts, 'webhooks:', ARGV[11]) and ARGV[10] == 'delivered' then
    note_times(receipts, 'webhooks:', ARGV[12], ARGV[12])
  end
  redis.call('PEXPIRE', receipts, ARGV[13])
end
if redis.call('HEXISTS', hooks, id) == 0 then return {'gone', ''} end
if redis.call('GET', lease) ~= token then return {'lost', ''} end
redis.call('PEXPIRE', lease, lease_ms)
if redis.call('HGET', state, 'generation') ~= generation then return {'moved', ''} end

for name, by in pairs(cjson.decode(ARGV[6])) do redis.call('HINCRBY', state, name, whole(by)) end
for name, value in pairs(cjson.decode(ARGV[5])) do
  if value == '' then
    redis.call('HDEL', state, name)
  else
    redis.call('HSET', state, name, value)
  end
end
if ARGV[8] ~= '' then
  redis.call('LPUSH', failed, ARGV[8])
  redis.call('LTRIM', failed, 0, tonumber(ARGV[9]) - 1)
end
local known = item and redis.call('HGET', item, 'state') or ''
if redis.call('HEXISTS', state, 'disabled') == 1 then return {'disabled', known or ''} end
return {'go', known or ''}
