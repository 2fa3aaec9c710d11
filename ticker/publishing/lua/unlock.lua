-- An editor is not at an item any more. A colleague who is stays.
-- KEYS: lock.  ARGV: the editor.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1
