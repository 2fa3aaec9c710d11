-- include: storage/_receipts
-- Store in how many shards of each provider an event is sent, so that receipts know when all are done.
-- A repeated event may find more shards, opened by new subscriptions.
-- KEYS: receipts
-- ARGV: ms to keep the receipts, kind, event, then provider and shards…
for i = 4, #ARGV, 2 do
  local head = ARGV[i] .. ':' .. ARGV[2] .. ':'
  if newest_of(KEYS[1], head, ARGV[3]) then
    local known = tonumber(redis.call('HGET', KEYS[1], head .. 'jobs') or '-1')
    if tonumber(ARGV[i + 1]) > known then redis.call('HSET', KEYS[1], head .. 'jobs', ARGV[i + 1]) end
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
