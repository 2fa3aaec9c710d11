-- One editorial act: idempotency, version, embargo, duplicate; then item, indexes and wire.
-- All checks come before the first write.
local idem, item, log, wire = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local latest, due, expiry, out = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local content, content_before = KEYS[9], KEYS[10]

local fingerprint, idem_ttl, answer = ARGV[1], ARGV[2], ARGV[3]
local id, expected, not_before = ARGV[4], ARGV[5], tonumber(ARGV[6])
local doc, version, state, event = ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local content_mode, content_ttl = ARGV[11], ARGV[12]
local due_op, expiry_op, out_op = ARGV[13], ARGV[14], ARGV[15]
local latest_max, archive_ttl, created = tonumber(ARGV[16]), ARGV[17], ARGV[18]

local known = redis.call('GET', idem)
if known then
  local print, wire_id, kept = string.match(known, '^(%x*)\n([%d%-]*)\n(.*)$')
  if print ~= fingerprint then return {'mismatch'} end
  -- A write, so that a WAIT or WAITAOF on this connection covers the first one's effects.
  redis.call('PEXPIRE', idem, idem_ttl)
  return {'again', wire_id, kept}
end

local current = redis.call('HGET', item, 'version')
if not current then
  if expected ~= '0' then return {'missing'} end
elseif current ~= expected then
  return {'stale', current}
end

if not_before > 0 then
  local now = now_ms()
  if now < not_before then return {'early', whole(now)} end
end

if content_mode == 'claim' then
  local holder = redis.call('GET', content)
  if holder and holder ~= id then return {'duplicate', holder} end
end

local wire_id = ''
if event ~= '' then
  wire_id = redis.call('XADD', wire, '*', 'e', event)
  redis.call('RPUSH', log, wire_id)
end
if doc ~= '' then
  redis.call('HSET', item, 'doc', doc, 'version', version, 'state', state)
  if wire_id ~= '' then redis.call('HSET', item, 'wire', wire_id) end
end

if content_mode ~= '' then
  if content_mode == 'free' or content ~= content_before then
    if redis.call('GET', content_before) == id then redis.call('DEL', content_before) end
  end
  if content_mode == 'claim' or content_mode == 'force' then
    redis.call('SET', content, id, 'PX', content_ttl)
  elseif content_mode == 'take' then
    local holder = redis.call('GET', content)
    if not holder or holder == id then redis.call('SET', content, id, 'PX', content_ttl) end
  end
end

-- An index operation: '' leaves it, '-' removes, '?n' adds unless present, 'n' sets.
local function index(key, op)
  if op == '' then return end
  if op == '-' then
    redis.call('ZREM', key, id)
  elseif string.sub(op, 1, 1) == '?' then
    redis.call('ZADD', key, 'NX', string.sub(op, 2), id)
  else
    redis.call('ZADD', key, op, id)
  end
end
index(due, due_op)
index(expiry, expiry_op)
index(out, out_op)
-- What is not out has no readers: gone from every ranking with the same commit.
if out_op == '-' then
  for i = 11, #KEYS do redis.call('ZREM', KEYS[i], id) end
  redis.call('HDEL', item, 'opens', 'shares')
end
if expected == '0' then
  redis.call('ZADD', latest, created, id)
  redis.call('ZREMRANGEBYRANK', latest, 0, -latest_max - 1)
end
if archive_ttl ~= '' then
  redis.call('PEXPIRE', item, archive_ttl)
  redis.call('PEXPIRE', log, archive_ttl)
end

redis.call('SET', idem, fingerprint .. '\n' .. wire_id .. '\n' .. answer, 'PX', idem_ttl)
return {'done', wire_id}
