-- include: storage/_receipts
-- Store how far a send has come together with its receipts, in one step: a crash loses both or neither.
-- KEYS: progress, receipts, totals, latest
-- ARGV: the step as JSON, pending, marks (both are stored as they are)
-- The step has strings run, step, position, ahead, provider, kind, event; booleans done and busy; ms keep
-- and keep_receipts; counts by outcome; and, if a device has accepted, strings first and last (ms).
-- Replies 'ok'; 'fenced' if a later event has fenced this run, 'overtaken' if another run of the same
-- job began. Both end the run, whose requests are all answered then. The outcomes of the page that was
-- being sent at a fence are stored all the same, so that none of its devices is asked again.
local progress, receipts, totals, latest = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local step, pending, marks = cjson.decode(ARGV[1]), ARGV[2], ARGV[3]
local current = redis.call('HGET', progress, 'run')
local fenced = current ~= step.run
if fenced then
  local settles = not step.busy and redis.call('HGET', progress, 'busy') == step.run
  if settles then redis.call('HSET', progress, 'busy', '') end
  if redis.call('HGET', progress, 'fenced') ~= current then return 'overtaken' end
  if not settles then return 'fenced' end
elseif redis.call('HGET', progress, 'step') == step.step then
  return 'ok'
end
redis.call('HSET', progress, 'step', step.step, 'position', step.position, 'ahead', step.ahead, 'pending', pending)
local ends = false
if not fenced then
  ends = step.done and redis.call('HGET', progress, 'done') ~= '1'
  redis.call('HSET', progress, 'marks', marks, 'done', step.done and '1' or '0', 'busy', step.busy and step.run or '')
end
redis.call('PEXPIRE', progress, whole(step.keep))
local head = step.provider .. ':' .. step.kind .. ':'
if newest_of(receipts, head, step.event) then
  if step.first then note_times(receipts, head, step.first, step.last) end
  if ends then redis.call('HINCRBY', receipts, head .. 'done', 1) end
end
if step.kind == 'alert' and step.first and newest_of(latest, step.provider .. ':', step.event) then
  note_times(latest, step.provider .. ':', step.first, step.last)
end
for outcome, count in pairs(step.counts) do
  redis.call('HINCRBY', receipts, head .. outcome, whole(count))
  redis.call('HINCRBY', totals, step.provider .. ':' .. outcome, whole(count))
end
redis.call('PEXPIRE', receipts, whole(step.keep_receipts))
return fenced and 'fenced' or 'ok'
