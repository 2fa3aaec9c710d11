-- Keep what phones were told of an item, unless somebody else has changed it since it was read.
-- KEYS: origin, collapse. ARGV: the value that was read or '', the new one, ms to keep it, 1 if it
-- holds the collapse key, the lane id of its newest alert. Replies 1 if it was kept.
-- The newest alert holds the key, whoever was the last to write.
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if ARGV[4] == '1' then
  local held = redis.call('GET', KEYS[2])
  local alerts = held and cjson.decode(held).alerts
  if not alerts or not less(ARGV[5], alerts[#alerts]) then
    redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
  end
end
return 1
