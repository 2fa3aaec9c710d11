-- Stamping: Redis gives each change its time, and a new publication its place in the order and its id.
-- Processes whose clocks differ, and several in one millisecond, then agree: a later event has a later
-- time, or the same time and a greater id. The bodies come with a provisional id and times, which are
-- replaced in them.
-- Needs storage/_prelude.
local ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
local ID_MS, ID_SEQ, SEQ_MAX = 10, 4, 1048575
local QUOTE = 34
local EXACT = 9007199254740992 -- 2^53: a double counts to here

local function base32(number, length)
  local text = ''
  for _ = 1, length do
    local digit = number % 32
    text = string.sub(ALPHABET, digit + 1, digit + 1) .. text
    number = (number - digit) / 32
  end
  return text
end

-- Return ms since 1970 as 2026-11-23T19:33:24.123Z, by the civil calendar from days since 0000-03-01
-- (Howard Hinnant, "chrono-compatible low-level date algorithms").
local function rfc3339(ms)
  local seconds = math.floor(ms / 1000)
  local z = math.floor(seconds / 86400) + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524)
    - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local day = doy - math.floor((153 * mp + 2) / 5) + 1
  local month = mp < 10 and mp + 3 or mp - 9
  local year = yoe + era * 400 + (month <= 2 and 1 or 0)
  return string.format('%04d-%02d-%02dT%02d:%02d:%02d.%03dZ', year, month, day,
    math.floor(seconds / 3600) % 24, math.floor(seconds / 60) % 60, seconds % 60, ms % 1000)
end

-- Return the id of the wire's next entry, as '*' would give it, with its two numbers, and the id before
-- it. `kept`: the id that a released item keeps. It gets a millisecond in which the wire has no entry yet, and
-- in which that id was not made: in the order of ids, it might come after the next entry. (An id of a later
-- millisecond, made before the clock was set back, still does.)
local function next_wire_id(wire, now, kept)
  local top = top_of(wire) or '0-0'
  local ms, seq = split(top)
  ms, seq = tonumber(ms), tonumber(seq)
  if ms < now then
    ms, seq = now, 0
  elseif kept or seq + 1 >= EXACT then
    ms, seq = ms + 1, 0
  else
    seq = seq + 1
  end
  if kept and string.sub(kept, 1, ID_MS) == base32(ms, ID_MS) then ms, seq = ms + 1, 0 end
  return whole(ms) .. '-' .. whole(seq), ms, seq, top
end

-- Return the item's id for a wire entry: it sorts like the wire, and its end stays random. Without `seq`
-- (there is no wire entry yet) the order in the millisecond is that of the process.
local function item_id(ms, seq, provisional)
  local rest = string.sub(provisional, ID_MS + 1)
  if seq then rest = base32(math.min(seq, SEQ_MAX), ID_SEQ) .. string.sub(rest, ID_SEQ + 1) end
  return base32(ms, ID_MS) .. rest
end

-- Add to `changes` that `"name":"old"` becomes `"name":"new"`. Returns `changes`: by the old value, and by what
-- comes before it.
local function add_change(changes, name, old, new)
  if old ~= new then
    changes[old] = changes[old] or {}
    changes[old]['"' .. name .. '":"'] = new
  end
  return changes
end

-- Return `body` with other values for `old`, by what comes before it. It is looked for without its quotation
-- mark: that is the most frequent sign of JSON, at each of which a search has to stop.
local function changed(body, old, news)
  local pieces, count, after = nil, 0, 1
  local from, to = string.find(body, old, 1, true)
  while from do
    for before, new in pairs(news) do
      if string.sub(body, from - #before, from - 1) == before and string.byte(body, to + 1) == QUOTE then
        pieces = pieces or {}
        pieces[count + 1], pieces[count + 2] = string.sub(body, after, from - 1), new
        count, after = count + 2, to + 1
        break
      end
    end
    from, to = string.find(body, old, to + 1, true)
  end
  if not pieces then return body end
  pieces[count + 1] = string.sub(body, after)
  return table.concat(pieces)
end

-- Return `body` after `changes`. No text of an item contains what they look for: its quotation marks are
-- escaped.
local function refilled(body, changes)
  for old, news in pairs(changes) do body = changed(body, old, news) end
  return body
end
