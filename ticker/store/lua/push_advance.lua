-- Keep how far a send has come, and what it came to, in one step: a crash loses or repeats both.
-- KEYS: progress, receipts, totals, latest
-- ARGV: run, ms to keep the progress, position, left, marks, done (0 or 1), ms to keep the receipts,
--       provider, kind, event, ms of the first acceptance or '', of the last or '', then outcome and
--       count…
-- Replies 'ok', or 'overtaken' if another run of the same job began after this one.
if redis.call('HGET', KEYS[1], 'run') ~= ARGV[1] then return 'overtaken' end
local ends = ARGV[6] == '1' and redis.call('HGET', KEYS[1], 'done') ~= '1'
redis.call('HSET', KEYS[1], 'position', ARGV[3], 'left', ARGV[4], 'marks', ARGV[5], 'done', ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local provider, kind, event = ARGV[8], ARGV[9], ARGV[10]
local head = provider .. ':' .. kind .. ':'
if newest_of(KEYS[2], head, event) then
  if ARGV[11] ~= '' then note_times(KEYS[2], head, ARGV[11], ARGV[12]) end
  if ends then redis.call('HINCRBY', KEYS[2], head .. 'done', 1) end
end
if kind == 'alert' and ARGV[11] ~= '' and newest_of(KEYS[4], provider .. ':', event) then
  note_times(KEYS[4], provider .. ':', ARGV[11], ARGV[12])
end
for i = 13, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[2], head .. ARGV[i], ARGV[i + 1])
  redis.call('HINCRBY', KEYS[3], provider .. ':' .. ARGV[i], ARGV[i + 1])
end
redis.call('PEXPIRE', KEYS[2], ARGV[7])
return 'ok'
