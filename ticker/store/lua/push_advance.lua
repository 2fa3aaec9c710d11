-- Keep how far a send has come, and what it came to, in one step: a crash loses or repeats both.
-- KEYS: progress, receipts, totals
-- ARGV: run, ms to keep the progress, position, left, marks, done (0 or 1), ms to keep the receipts,
--       provider, kind, ms of the first acceptance or '', of the last or '', then outcome and count…
-- Replies 'ok', or 'overtaken' if another run of the same job began after this one.
if redis.call('HGET', KEYS[1], 'run') ~= ARGV[1] then return 'overtaken' end
redis.call('HSET', KEYS[1], 'position', ARGV[3], 'left', ARGV[4], 'marks', ARGV[5], 'done', ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local provider, kind = ARGV[8], ARGV[9]
local head = provider .. ':' .. kind .. ':'
local function number(field) return tonumber(redis.call('HGET', KEYS[2], field) or '') end
if ARGV[10] ~= '' then
  local first, last = number(head .. 'first'), number(head .. 'last')
  if not first or tonumber(ARGV[10]) < first then redis.call('HSET', KEYS[2], head .. 'first', ARGV[10]) end
  if not last or tonumber(ARGV[11]) > last then redis.call('HSET', KEYS[2], head .. 'last', ARGV[11]) end
end
for i = 12, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[2], head .. ARGV[i], ARGV[i + 1])
  redis.call('HINCRBY', KEYS[3], provider .. ':' .. ARGV[i], ARGV[i + 1])
end
redis.call('PEXPIRE', KEYS[2], ARGV[7])
return 'ok'
