-- Included in every script. Stream ids are compared as decimal strings: a double is exact to 2^53 only.
local function split(id)
  local ms, seq = string.match(id, '^(%d+)%-(%d+)$')
  return ms, seq
end

local function number_less(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end

local function less(a, b)
  local ams, aseq = split(a)
  local bms, bseq = split(b)
  if ams ~= bms then return number_less(ams, bms) end
  return number_less(aseq, bseq)
end

-- The last generated id of a stream, or false where there is no stream. It survives XDEL and XTRIM.
local function top_of(key)
  local info = redis.pcall('XINFO', 'STREAM', key)
  if info.err then
    if string.find(info.err, 'no such key', 1, true) then return false end
    redis.call('XINFO', 'STREAM', key) -- raises the error as it is
  end
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1] end
  end
  return false
end

local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function whole(number)
  return string.format('%.0f', number)
end
