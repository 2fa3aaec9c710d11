-- Carrying: entries of this server's wire enter this server's lane. A wire entry has `e`, the event for
-- editors, and `v`, the record for readers, ready-made. A heartbeat has `h`. An entry that no reader could
-- read becomes a dead letter, and a noop in the lane. Needs stream/_lane.
--
-- `carrying` returns two functions. They are made when they are needed: most commits show one new version,
-- and every function that a script makes costs each of its calls memory and time.
local function carrying()
  local DEAD_MAX = 1000
  local DEAD_RECORD_MAX = 65536
  local DELETE_AT_ONCE = 1000

  local KINDS = {
    publish = 'show', update = 'show', correct = 'show', pin = 'show', unpin = 'show',
    retract = 'retract', expire = 'expire',
  }
  local LEVELS = {ticker = true, urgent = true, bulletin = true, flash = true}

  local function is_list(value)
    if type(value) ~= 'table' then return false end
    for name, one in pairs(value) do
      if type(name) ~= 'number' or type(one) ~= 'string' then return false end
    end
    return true
  end

  local function is_time(value)
    return type(value) == 'string'
      and string.match(value, '^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.?%d*Z$') ~= nil
  end

  local function has_facets(value)
    return type(value.edition) == 'string' and (LEVELS[value.level] or type(value.level) == 'number')
      and is_list(value.sections) and is_list(value.regions) and is_list(value.tags)
  end

  -- Return the kind of a public body and its item's id, or nil and the reason why no reader can use it.
  local function read_public(body)
    if not body then return nil, 'no public body' end
    local ok, event = pcall(cjson.decode, body)
    if not ok then return nil, 'the public body is not JSON' end
    if type(event) ~= 'table' then return nil, 'the public body is not an object' end
    local kind, item, was = KINDS[event.action], event.item, event.was
    if not kind then return nil, 'unknown action' end
    if type(item) ~= 'table' then return nil, 'the event has no item' end
    if type(item.id) ~= 'string' or type(item.version) ~= 'number' or type(item.edition) ~= 'string' then
      return nil, 'the item lacks id, version or edition'
    end
    if was ~= nil and was ~= cjson.null and not (type(was) == 'table' and has_facets(was)) then
      return nil, 'the facets before the event are unreadable'
    end
    if kind ~= 'show' then return kind, item.id end
    if not has_facets(item) then return nil, 'the facets of the item are unreadable' end
    if not is_time(item.published_at) then return nil, 'published_at is not a time' end
    local expires = item.expires_at
    if expires ~= nil and expires ~= cjson.null and not is_time(expires) then
      return nil, 'expires_at is not a time'
    end
    return kind, item.id
  end

  local function is_utf8(text)
    text = string.gsub(text, '[\194-\223][\128-\191]', ' ')
    text = string.gsub(text, '[\224-\239][\128-\191][\128-\191]', ' ')
    text = string.gsub(text, '[\240-\244][\128-\191][\128-\191][\128-\191]', ' ')
    return not string.find(text, '[\128-\255]')
  end

  local function hex(text)
    return (string.gsub(text, '.', function(char) return string.format('%02x', string.byte(char)) end))
  end

  -- Return a poison record as JSON that a person can read: text as it is, other bytes as hex.
  local function keepsake(record)
    local kept, text = {}, true
    for name, value in pairs(record) do text = text and is_utf8(name) and is_utf8(value) end
    for name, value in pairs(record) do
      value = string.sub(value, 1, DEAD_RECORD_MAX)
      if text then kept[name] = value else kept[hex(name)] = hex(value) end
    end
    return string.sub(cjson.encode(kept), 1, DEAD_RECORD_MAX)
  end

  local function keep_dead(lane, id, record, reason)
    redis.call('XADD', lane.dead, 'MAXLEN', '~', DEAD_MAX, '*',
      'wire', id, 'reason', reason, 'record', keepsake(record))
    lane.buried = lane.buried + 1
  end

  local function bury(lane, id, record, reason)
    add(lane, id, 'n', '1')
    keep_dead(lane, id, record, reason)
  end

  -- Delete from the lane all that came before `before` about one item.
  local function scrub(lane, log, before)
    local ids = {}
    local function flush()
      if #ids > 0 then lane.scrubbed = lane.scrubbed + redis.call('XDEL', lane.live, unpack(ids)) end
      ids = {}
    end
    for _, id in ipairs(log) do
      if less(id, before) then
        ids[#ids + 1] = id
        if #ids == DELETE_AT_ONCE then flush() end
      end
    end
    flush()
  end

  local function carry_heartbeat(lane, id, sent_ms)
    add(lane, id, 'h', sent_ms)
    local previous = redis.call('HGET', lane.heartbeat, 'live')
    if previous and previous ~= id then redis.call('XDEL', lane.live, previous) end
    redis.call('HSET', lane.heartbeat, 'live', id, 'live_ms', sent_ms)
    redis.call('XDEL', lane.wire, id)
    lane.heartbeats = lane.heartbeats + 1
  end

  local function carry_removal(lane, id, record, kind, item)
    add(lane, id, 'e', record.v)
    redis.call('HDEL', lane.current, item)
    lane.removed = lane.removed + 1
    if kind == 'retract' then
      local log = redis.pcall('LRANGE', lane.prefix .. 'log:' .. item, 0, -1)
      if log.err then
        keep_dead(lane, id, record, 'retracted, not scrubbed: ' .. log.err)
      else
        scrub(lane, log, id)
      end
    end
  end

  -- Show an item's new version, unless the item is gone or retracted by now. `state` is the item's, if it is
  -- known.
  local function carry_version(lane, id, record, item, state)
    state = state or redis.pcall('HGET', lane.prefix .. 'item:' .. item, 'state')
    if type(state) == 'table' then
      bury(lane, id, record, 'refused by Redis: ' .. state.err)
    elseif not state or state == 'retracted' then
      add(lane, id, 'n', '1')
      lane.withheld = lane.withheld + 1
    else
      show(lane, id, record.v, item)
    end
  end

  local function carry_record(lane, id, record, state)
    if record.h then
      if string.match(record.h, '^%d+$') then
        carry_heartbeat(lane, id, record.h)
      else
        bury(lane, id, record, 'a heartbeat without a time')
      end
      return
    end
    lane.origin = record.o
    local kind, item = read_public(record.v)
    if not kind then
      bury(lane, id, record, item)
    elseif kind == 'show' then
      carry_version(lane, id, record, item, state)
    else
      carry_removal(lane, id, record, kind, item)
    end
  end

  local function carry_entry(lane, id, fields)
    local record = {}
    for i = 1, #fields, 2 do record[fields[i]] = fields[i + 1] end
    carry_record(lane, id, record)
  end

  -- Carry up to `count` entries, none after the id `upto` if one is given. Returns how many, or false
  -- where there is no lane to carry to.
  local function carry(lane, count, upto)
    if not find_end(lane) then return false end
    local entries = redis.call('XRANGE', lane.wire, '(' .. lane.top, upto or '+', 'COUNT', count)
    for _, entry in ipairs(entries) do carry_entry(lane, entry[1], entry[2]) end
    return #entries
  end

  -- Carry the entry `id`, which was just added to the wire as `record`, if no other waits before it. `state`
  -- is that of its item, as it was just written. Returns whether it is in the lane now. Call `find_end` before
  -- the wire is written.
  local function carry_now(lane, id, record, state)
    local waiting = redis.call('XRANGE', lane.wire, '(' .. lane.top, '(' .. id, 'COUNT', 1)
    if #waiting > 0 then return false end
    carry_record(lane, id, record, state)
    return true
  end

  return carry, carry_now
end
