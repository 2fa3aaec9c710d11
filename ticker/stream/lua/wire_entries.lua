-- Returns the wire's entries with some ids, in their order, as far as the wire keeps them.
-- KEYS: wire. ARGV: ids.
local found = {}
for _, id in ipairs(ARGV) do
  local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
  if entry then found[#found + 1] = entry end
end
return found
