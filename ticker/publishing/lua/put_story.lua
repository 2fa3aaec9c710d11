-- Replace the texts of a story, if they are still those that the caller has read. Returns 1, or 0 if
-- they have changed. Beyond the limit, the story that was changed longest ago is forgotten.
-- KEYS: the hash of stories.
-- ARGV: story, the record that was read ('' for none), the new record ('' to forget the story), limit,
-- the count of changes that was read: a new record's version follows from it.
-- A record begins with the ms at which it was changed, and a space. The field '' counts the changes.
local stories, name, before, after = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
if (redis.call('HGET', stories, name) or '') ~= before then return 0 end
if before == '' and tonumber(redis.call('HGET', stories, '') or 0) ~= tonumber(ARGV[5]) then return 0 end
if after == '' then
  redis.call('HDEL', stories, name)
else
  if before == '' and redis.call('HLEN', stories) > tonumber(ARGV[4]) then
    local oldest, oldest_ms
    local all = redis.call('HGETALL', stories)
    for at = 1, #all, 2 do
      local changed_ms = tonumber(string.match(all[at + 1], '^%d+'))
      if all[at] ~= '' and (oldest == nil or changed_ms < oldest_ms) then
        oldest, oldest_ms = all[at], changed_ms
      end
    end
    redis.call('HDEL', stories, oldest)
  end
  redis.call('HSET', stories, name, after)
end
redis.call('HINCRBY', stories, '', 1)
return 1
