-- include: storage/_receipts
-- Write one step of a delivery and renew the lease, if the endpoint exists, the worker holds the lease
-- and no editor has begun another generation.
-- KEYS: webhooks, state, lease, failed, totals; and the item and its receipts, if the step is about one
-- ARGV: the step as JSON; a failed event to keep as it is, or ''
-- The step has strings id, token and generation; lease (ms); set, fields of the state ('' deletes one); add
-- and totals, what is added to fields of the state and to the totals; failed_kept, a number; and receipt,
-- if a delivery counts in the item's receipts: outcome and event, and strings at and keep (ms).
-- Replies whether to go on ('go', 'gone', 'lost', 'moved', 'disabled'), and the state of the item.
local hooks, state, lease, failed, totals, item = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local step, failed_event = cjson.decode(ARGV[1]), ARGV[2]

for name, by in pairs(step.totals) do redis.call('HINCRBY', totals, name, whole(by)) end
if step.receipt then
  local receipts, receipt = KEYS[7], step.receipt
  redis.call('HINCRBY', receipts, 'webhooks:' .. receipt.outcome, 1)
  if newest_of(receipts, 'webhooks:', receipt.event) and receipt.outcome == 'delivered' then
    note_times(receipts, 'webhooks:', receipt.at, receipt.at)
  end
  redis.call('PEXPIRE', receipts, receipt.keep)
end
if redis.call('HEXISTS', hooks, step.id) == 0 then return {'gone', ''} end
if redis.call('GET', lease) ~= step.token then return {'lost', ''} end
redis.call('PEXPIRE', lease, whole(step.lease))
if redis.call('HGET', state, 'generation') ~= step.generation then return {'moved', ''} end

for name, by in pairs(step.add) do redis.call('HINCRBY', state, name, whole(by)) end
for name, value in pairs(step.set) do
  if value == '' then
    redis.call('HDEL', state, name)
  else
    redis.call('HSET', state, name, value)
  end
end
if failed_event ~= '' then
  redis.call('LPUSH', failed, failed_event)
  redis.call('LTRIM', failed, 0, step.failed_kept - 1)
end
local known = item and redis.call('HGET', item, 'state') or ''
if redis.call('HEXISTS', state, 'disabled') == 1 then return {'disabled', known or ''} end
return {'go', known or ''}
