-- include: storage/_receipts
-- Store how far a send has come together with its receipts, in one step: a crash loses both or neither.
-- KEYS: progress, receipts, totals, latest
-- ARGV: run, step, ms to keep the progress, position, ahead, pending, marks, done (0 or 1), busy (0 or 1),
--       ms to keep the receipts, provider, kind, event, ms of the first acceptance or '', of the last
--       or '', then outcome and count…
-- Replies 'ok'; 'fenced' if a later event has fenced this run, 'overtaken' if another run of the same
-- job began. Both end the run, whose requests are all answered then. The outcomes of the page that was
-- being sent at a fence are stored all the same, so that none of its devices is asked again.
local progress = KEYS[1]
local run, step = ARGV[1], ARGV[2]
local current = redis.call('HGET', progress, 'run')
local fenced = current ~= run
if fenced then
  local settles = ARGV[9] == '0' and redis.call('HGET', progress, 'busy') == run
  if settles then redis.call('HSET', progress, 'busy', '') end
  if redis.call('HGET', progress, 'fenced') ~= current then return 'overtaken' end
  if not settles then return 'fenced' end
elseif redis.call('HGET', progress, 'step') == step then
  return 'ok'
end
redis.call('HSET', progress, 'step', step, 'position', ARGV[4], 'ahead', ARGV[5], 'pending', ARGV[6])
local ends = false
if not fenced then
  ends = ARGV[8] == '1' and redis.call('HGET', progress, 'done') ~= '1'
  local busy = ARGV[9] == '1' and run or ''
  redis.call('HSET', progress, 'marks', ARGV[7], 'done', ARGV[8], 'busy', busy)
end
redis.call('PEXPIRE', progress, ARGV[3])
local provider, kind, event = ARGV[11], ARGV[12], ARGV[13]
local head = provider .. ':' .. kind .. ':'
if newest_of(KEYS[2], head, event) then
  if ARGV[14] ~= '' then note_times(KEYS[2], head, ARGV[14], ARGV[15]) end
  if ends then redis.call('HINCRBY', KEYS[2], head .. 'done', 1) end
end
if kind == 'alert' and ARGV[14] ~= '' and newest_of(KEYS[4], provider .. ':', event) then
  note_times(KEYS[4], provider .. ':', ARGV[14], ARGV[15])
end
for i = 16, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[2], head .. ARGV[i], ARGV[i + 1])
  redis.call('HINCRBY', KEYS[3], provider .. ':' .. ARGV[i], ARGV[i + 1])
end
redis.call('PEXPIRE', KEYS[2], ARGV[10])
return fenced and 'fenced' or 'ok'
