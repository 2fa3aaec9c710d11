-- Add a process's counts to the rankings, each batch once however often it is sent. Returns the
-- number of items counted, or -1 for a batch that was added before.
-- KEYS: the rankings, landmarks, the process's last batch number, then each item.
-- ARGV: batch number, its lifetime in ms, size of a ranking, now in ms ('' for this server's clock),
-- half-lives after which a landmark moves, number of rankings, then for each ranking its name and
-- half-life in ms, then for each item: id, opens, shares, and its weight in each ranking.
local number, number_ttl, keep = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local now = ARGV[4] == '' and now_ms() or tonumber(ARGV[4])
local most_steps, rankings = tonumber(ARGV[5]), tonumber(ARGV[6])
local landmarks, last = KEYS[rankings + 1], KEYS[rankings + 2]

if tonumber(redis.call('GET', last) or '0') >= number then return -1 end
redis.call('SET', last, whole(number), 'PX', number_ttl)

local function exact(x) return string.format('%.17g', x) end

-- The value of a read now, relative to the landmark. Landmarks move by whole half-lives: scores are
-- then multiplied by a power of two, which changes neither digits nor order.
local worth = {}
for i = 1, rankings do
  local name, half = ARGV[5 + 2 * i], tonumber(ARGV[6 + 2 * i])
  local since = tonumber(redis.call('HGET', landmarks, name) or '') or now
  local steps = math.floor((now - since) / half)
  if steps >= most_steps then
    redis.call('ZUNIONSTORE', KEYS[i], 1, KEYS[i], 'WEIGHTS', exact(2 ^ -steps))
    -- Drop scores below 2^-40 of one read.
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', exact(2 ^ -40))
    since = since + steps * half
  end
  redis.call('HSET', landmarks, name, whole(since))
  worth[i] = 2 ^ ((now - since) / half)
end

local counted = 0
local at = 7 + 2 * rankings
for key = rankings + 3, #KEYS do
  local id, opens, shares = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  -- Count live items only; never recreate the key of a deleted item.
  if redis.call('HGET', KEYS[key], 'state') == 'live' then
    for i = 1, rankings do
      redis.call('ZINCRBY', KEYS[i], exact(tonumber(ARGV[at + 2 + i]) * worth[i]), id)
    end
    if opens ~= '0' then redis.call('HINCRBY', KEYS[key], 'opens', opens) end
    if shares ~= '0' then redis.call('HINCRBY', KEYS[key], 'shares', shares) end
    counted = counted + 1
  end
  at = at + 3 + rankings
end
for i = 1, rankings do redis.call('ZREMRANGEBYRANK', KEYS[i], 0, -keep - 1) end
return counted
