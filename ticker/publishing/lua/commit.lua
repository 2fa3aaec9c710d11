-- include: stream/_epochs
-- include: stream/_lane
-- include: stream/_carry
-- include: publishing/_stamp
-- One editorial command: idempotency, version, embargo, duplicate; then item, indexes, wire and lane.
-- All checks come before the first write, except that a new server begins its epoch (stream/_epochs).
-- KEYS as named below, then the rankings of readership, or the index of the edition's alerts. ARGV: the command as JSON with named fields
-- (see command_builder.py), then a name and a document in turn. The documents are stored as they come: the
-- item, what its event for editors has after the item (rest), its event for readers (public, without its item
-- where that is the beginning of the stored one, `public_item` bytes; both are empty where nobody outside may
-- know), the request that they come from (origin), the version for the history of an
-- item that readers must not know (private; or empty), and the entry of the audit with the texts that are kept
-- beside it (or empty).
local idem, item, log, wire, latest = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local due, expiry, published = KEYS[6], KEYS[7], KEYS[8]
local content, content_before = KEYS[9], KEYS[10]
local live, current, dead, heartbeat = KEYS[11], KEYS[12], KEYS[13], KEYS[14]
local private, drafts = KEYS[15], KEYS[16]
local audit, audit_texts, wire_drafts = KEYS[17], KEYS[18], KEYS[19]
local FIRST_RANKING, ALERTS = 20, 20

local command = cjson.decode(ARGV[1])
local documents = {}
for place = 2, #ARGV, 2 do documents[ARGV[place]] = ARGV[place + 1] end
local doc, rest, public, origin = documents.item, documents.rest, documents.public, documents.origin
local version_record, audit_entry, texts = documents.private, documents.audit, documents.audit_texts
local id = command.item
-- The item as readers may see it, and the rest of it.
local cut = command.public_item or 0
local shown, hidden = string.sub(doc, 1, cut), string.sub(doc, cut + 1)

-- Whether the event is in the lane: '1' or '0', and '' where there is no event.
local function delivered(wire_id)
  if wire_id == '' then return '' end
  local top = top_of(live)
  return (top and not less(top, wire_id)) and '1' or '0'
end

local known = redis.call('GET', idem)
if known then
  local fingerprint, wire_id, token, answer = string.match(known, '^(%x*)\n([%d%-]*)\n(%x*)\n(.*)$')
  if fingerprint == command.fingerprint then
    -- A write, so that a WAIT or WAITAOF on this connection covers the effects of the first call.
    redis.call('PEXPIRE', idem, command.answer_ttl)
    return {'again', wire_id, answer, delivered(wire_id), token}
  end
  -- An import replaces the record of its entry, if that is still the one that it has read.
  if fingerprint ~= command.replaces then return {'mismatch'} end
end

local version = redis.call('HGET', item, 'version')
if not version then
  if command.expected ~= 0 then return {'missing'} end
elseif tonumber(version) ~= command.expected then
  return {'conflict', version}
end

-- What was read under another epoch may be of another history, though its version is the same.
local lane = lane_of(live, wire, current, dead, heartbeat)
local found, has_lane = pcall(find_end, lane)
has_lane = found and has_lane
if has_lane and command.epoch and command.epoch ~= lane.epoch then return {'conflict', version or 0} end

if command.not_before > 0 then
  local now = now_ms()
  if now < command.not_before then return {'early', whole(now)} end
end

local claim = command.content
if claim.mode == 'claim' then
  local holder = redis.call('GET', content)
  if holder and holder ~= id then return {'duplicate', holder} end
end

-- A retracted item has one successor at most: nothing is published twice, and no chain has a loop.
local replaced, replaced_doc
if command.instead_of then
  replaced = string.sub(item, 1, -1 - #command.item) .. command.instead_of
  local old = redis.call('HMGET', replaced, 'state', 'doc')
  replaced_doc = old[2]
  if old[1] ~= 'retracted' then return {'irreplaceable'} end
  local successor = string.match(replaced_doc, '"replaced_by":"(%w+)"')
  if successor then return {'replaced', successor} end
end

-- A change gets its time, and a new publication its id, by Redis' clock (publishing/_stamp).
local stamp, updated, wire_id, stamped = command.stamp or {}, command.updated, '', ''
local now, wire_top = now_ms(), nil
local moment = now
if updated then
  local ms, seq = moment, nil
  if stamp.published and rest ~= '' then
    -- A released item keeps the id that it was scheduled with, which says nothing about its place.
    wire_id, ms, seq, wire_top = next_wire_id(wire, now, not stamp.new and command.item)
  end
  moment = ms
  local at, published = rfc3339(ms), ''
  if stamp.new then id, command.created = item_id(ms, seq, command.item), ms end
  if stamp.given then ms = math.min(ms, stamp.given) end
  if stamp.published then published = ms == moment and at or rfc3339(ms) end
  local changes = {}
  if stamp.new then add_change(changes, 'id', command.item, id) end
  if stamp.published then add_change(changes, 'published_at', stamp.published, published) end
  add_change(changes, 'updated_at', updated, at)
  add_change(changes, 'at', updated, at) -- of the event, and of its correction
  shown, hidden, rest = refilled(shown, changes), refilled(hidden, changes), refilled(rest, changes)
  public, version_record = refilled(public, changes), refilled(version_record, changes)
  doc = shown .. hidden
  if stamp.new then
    if command.record then
      command.record = refilled(command.record, add_change({}, 'item', command.item, id))
    end
    item = string.sub(item, 1, -1 - #command.item) .. id
    log = string.sub(log, 1, -1 - #command.item) .. id
    private = string.sub(private, 1, -1 - #command.item) .. id
    audit_texts = string.sub(audit_texts, 1, -1 - #command.item) .. id
    audit_entry = refilled(audit_entry, add_change({}, 'item', command.item, id))
  end
  if command.published then command.published.at = ms end
  stamped = table.concat({id, at, published}, ' ')
end

local event
if shown ~= '' then public = table.concat({'{"action":"', command.action, '","item":', shown, public}) end
if rest ~= '' then
  event = table.concat({'{"action":"', command.action, '","item":', doc, ',', rest})
  wire_id = redis.call('XADD', wire, wire_id == '' and '*' or wire_id,
    'e', event, 'v', public, 'o', origin)
  redis.call('RPUSH', log, wire_id)
end
if version_record ~= '' then
  redis.call('RPUSH', private, version_record)
  redis.call('LTRIM', private, -command.private_max, -1)
end
if command.writes then
  local fields = {'doc', doc, 'version', command.version, 'state', command.state}
  if wire_id ~= '' then fields[7], fields[8] = 'wire', wire_id end
  redis.call('HSET', item, unpack(fields))
end
if replaced then
  local named = '"replaced_by":"' .. id .. '"'
  local found = string.find(replaced_doc, '"replaced_by":null', 1, true)
  if found then
    named = string.sub(replaced_doc, 1, found - 1) .. named .. string.sub(replaced_doc, found + 18)
  else -- written by an earlier version
    named = string.sub(replaced_doc, 1, -2) .. ',' .. named .. '}'
  end
  redis.call('HSET', replaced, 'doc', named)
end

if audit_entry ~= '' then
  local entry = redis.call('XADD', audit, '*', 'e', audit_entry)
  if command.forget then
    redis.call('DEL', audit_texts)
  elseif texts ~= '' then
    redis.call('HSET', audit_texts, entry, texts)
    redis.call('PEXPIRE', audit_texts, command.audit_ttl)
  end
end

if claim.mode ~= 'leave' then
  if claim.mode == 'free' or content ~= content_before then
    if redis.call('GET', content_before) == id then redis.call('DEL', content_before) end
  end
  if claim.mode == 'claim' or claim.mode == 'force' then
    redis.call('SET', content, id, 'PX', claim.ttl)
  elseif claim.mode == 'take' then
    local holder = redis.call('GET', content)
    if not holder or holder == id then redis.call('SET', content, id, 'PX', claim.ttl) end
  end
end

-- Set the item's place in an index: {at} sets it, {after} to ms from now, with {unless_set} only where
-- it has none, {remove} takes it out; nothing leaves it as it is.
local function place(key, change)
  if not change then return end
  local at = change.at or (change.after and moment + change.after)
  if change.remove then
    redis.call('ZREM', key, id)
  elseif change.unless_set then
    redis.call('ZADD', key, 'NX', at, id)
  else
    redis.call('ZADD', key, at, id)
  end
end
place(due, command.due)
place(expiry, command.expiry)
place(published, command.published)
place(drafts, command.drafts)
if command.drafts and command.drafts.after then  -- those that are not kept any more
  redis.call('ZREMRANGEBYSCORE', drafts, 0, whole(moment - command.archive_ttl))
end
place(wire_drafts, command.wire_drafts)
if command.wire_drafts and command.wire_drafts.after then
  redis.call('ZREMRANGEBYSCORE', wire_drafts, 0, whole(moment - command.archive_ttl))
  -- Beyond the bound the oldest go, whatever a feed sends.
  local function of(key, one) return string.sub(key, 1, -1 - #id) .. one end
  for _, one in ipairs(redis.call('ZRANGE', wire_drafts, 0, -command.wire_drafts_max - 1)) do
    redis.call('DEL', of(item, one), of(log, one), of(private, one), of(audit_texts, one))
    redis.call('ZREM', wire_drafts, one)
  end
end
-- An item that is no longer published has no readers: it leaves every ranking with the same commit.
if command.published and command.published.remove then
  for i = FIRST_RANKING, #KEYS do redis.call('ZREM', KEYS[i], id) end
  redis.call('HDEL', item, 'opens', 'shares')
end
-- An alert is counted once, and again at a higher level; a retraction leaves it: it was sent.
if command.alert then
  local alerts, counted = KEYS[ALERTS], false
  for level = command.alert, command.highest_level do
    counted = counted or redis.call('ZSCORE', alerts, id .. ' ' .. level)
  end
  if not counted then
    redis.call('ZADD', alerts, moment, id .. ' ' .. command.alert)
    redis.call('ZREMRANGEBYSCORE', alerts, 0, whole(moment - command.alerts_ttl))
    redis.call('ZREMRANGEBYRANK', alerts, 0, -command.alerts_max - 1)
    redis.call('PEXPIRE', alerts, command.alerts_ttl)
  end
end
if command.listed then
  redis.call('ZADD', latest, command.created, id)
  redis.call('ZREMRANGEBYRANK', latest, 0, -command.latest_max - 1)
end
if command.archive_ttl then
  redis.call('PEXPIRE', item, command.archive_ttl)
  redis.call('PEXPIRE', log, command.archive_ttl)
  redis.call('PEXPIRE', private, command.archive_ttl)
end

if command.persist then
  redis.call('PERSIST', item)
  redis.call('PERSIST', log)
  redis.call('PERSIST', private)
end

local answer = command.record or (command.keeps_answer and doc) or stamped
local kept = table.concat({command.fingerprint, wire_id, command.token, answer}, '\n')
redis.call('SET', idem, kept, 'PX', command.answer_ttl)

-- The commit stands whatever becomes of this: what is not in the lane now, a relay carries. With `hold`
-- the event waits on the wire until its promise is kept.
local in_lane = false
if wire_id ~= '' and has_lane and not command.hold then
  lane.now, lane.origin = whole(now), origin
  local ran, carried
  if command.shows and wire_top == lane.top then -- nothing waits before it
    ran, carried = pcall(show, lane, wire_id, public, id), true
  else
    local _, carry_now = carrying()
    local record = {e = event, v = public, o = origin}
    ran, carried = pcall(carry_now, lane, wire_id, record, command.writes and command.state)
  end
  in_lane = ran and carried
end
return {'done', wire_id, in_lane and '1' or delivered(wire_id), stamped}
