-- include: stream/_epochs
-- Puts the keys that a restore has prepared in the place of those that are there, at one moment.
-- KEYS: staged epochs, staged lane. ARGV: prefix of the newsroom, prefix of the stage, the epoch that the
-- restore has begun. Returns the number of keys, or -1 if a newer epoch has begun: nothing is done then.
local prefix, stage, epoch = ARGV[1], ARGV[2], ARGV[3]
local current = redis.call('HGET', prefix .. 'epochs', 'current')
if current and tonumber(current) >= tonumber(epoch) then return -1 end
for _, name in ipairs(redis.call('KEYS', prefix .. '*')) do
  if string.sub(name, 1, #stage) ~= stage then redis.call('UNLINK', name) end
end
local staged = redis.call('KEYS', stage .. '*')
for _, name in ipairs(staged) do
  redis.call('RENAME', name, prefix .. string.sub(name, #stage + 1))
end
return #staged
