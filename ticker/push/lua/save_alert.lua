-- Store an alert record, unless another worker has changed it since it was read.
-- KEYS: alert, collapse. ARGV: the value that was read or '', the new one, ms to keep it, 1 if it is an
-- alert, the lane id of its newest alert. Replies 1 if it was stored.
-- The newest alert owns the collapse key, whichever worker writes last.
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if ARGV[4] == '1' then
  local known = redis.call('GET', KEYS[2])
  local alerts = known and cjson.decode(known).alerts
  if not alerts or not less(ARGV[5], alerts[#alerts]) then
    redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
  end
end
return 1
