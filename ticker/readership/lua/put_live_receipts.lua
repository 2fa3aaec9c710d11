-- Keep live receipts in place of earlier ones. It is one script: a report has up to 200 receipts, and packing
-- two commands for each takes the gateway longer than to make them.
-- KEYS: the receipts of an item, for each receipt. ARGV: ms to keep them, then a field and a value in turn.
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, ARGV[2 * i], ARGV[2 * i + 1])
  redis.call('PEXPIRE', key, ARGV[1])
end
return #KEYS
