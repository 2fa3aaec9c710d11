-- include: stream/_epochs
-- include: stream/_lane
-- include: stream/_carry
-- Carries up to ARGV[1] entries of the wire that wait, none after the id ARGV[2] if one is given. Returns carried (-1: there is no lane, open
-- it first), the lane's top, six counts, and the lengths of lane and wire.
local lane = lane_of(KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
local carry = carrying()
local carried = carry(lane, ARGV[1], ARGV[2])
return {
  carried or -1, lane.top or '0-0',
  lane.shown, lane.removed, lane.withheld, lane.buried, lane.heartbeats, lane.scrubbed,
  redis.call('XLEN', lane.live), redis.call('XLEN', lane.wire),
}
