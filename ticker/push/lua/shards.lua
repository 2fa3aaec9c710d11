-- List the shards of topics that have members.
-- KEYS: shards. ARGV: prefix, topics…
-- Replies one list of shard numbers for each topic.
-- Shards are named here: they have the prefix's hash tag, like all keys.
local found = {}
for i = 2, #ARGV do
  local numbers = {}
  for number = 0, tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or '0') - 1 do
    if redis.call('EXISTS', ARGV[1] .. 'push:shard:' .. ARGV[i] .. '/' .. number) == 1 then
      numbers[#numbers + 1] = number
    end
  end
  found[#found + 1] = numbers
end
return found
