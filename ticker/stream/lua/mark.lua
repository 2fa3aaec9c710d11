-- Writes something if an entry of the wire waits, so that a WAIT on this connection covers all entries
-- up to the one returned. Returns '' if none waits.
local live, wire, mark = KEYS[1], KEYS[2], KEYS[3]
local top, wire_top = top_of(live), top_of(wire)
if not wire_top or (top and not less(top, wire_top)) then return '' end
redis.call('SET', mark, wire_top, 'PX', 60000)
return wire_top
