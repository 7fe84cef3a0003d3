-- Ends the handling of one entry: the acknowledgement and what follows from it are one step, so that a kill never loses or doubles it.
-- KEYS[1] namespace   ARGV 1 group  2 'bus' or 'retry'  3 entry id  4 uuid  5 done | soft | hard | invalid | back  6 now in ms
--   7 when it is due again, in ms  8 the message  9 errors_count  10 deaths  11 the most dead letters of a group
--   12 seconds an error history is kept  13 the most errors kept of a message  14… new entries of `errors`, as JSON
-- Answers 0 when another consumer has ended it before.
local bus, group, kind, id, uuid, outcome, now = KEYS[1] .. ':bus', ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local again = bus .. ':retry:' .. group
local stream = kind == 'retry' and again or bus
if redis.call('XACK', stream, group, id) == 0 then return 0 end
if kind == 'retry' then redis.call('XDEL', stream, id) end

if outcome == 'back' then -- this consumer stops: any may take it at once
  redis.call('XADD', again, '*', 'message', ARGV[8], 'count', ARGV[9], 'deaths', ARGV[10])
  return 1
end

-- What cannot be read is nobody's in particular: its letter is under a name of its own, once for all groups.
local owner = outcome == 'invalid' and 'invalid' or group
local held, deferred, dead = bus .. ':held:' .. owner .. ':' .. uuid, bus .. ':deferred:' .. group, bus .. ':dead:' .. owner
if outcome == 'invalid' and redis.call('EXISTS', held) == 1 then return 1 end

local errors = bus .. ':errors:' .. uuid
if #ARGV > 13 then
  local ends = redis.call('EXISTS', errors) == 0 or redis.call('TTL', errors) > 0
  redis.call('RPUSH', errors, unpack(ARGV, 14))
  redis.call('LTRIM', errors, -ARGV[13], -1)
  if ends then redis.call('EXPIRE', errors, ARGV[12]) end
end

if outcome == 'done' then
  redis.call('ZADD', bus .. ':done:' .. group, now, uuid)
  redis.call('ZREM', deferred, uuid)
  if redis.call('ZSCORE', dead, uuid) == false then redis.call('DEL', held) end
  return 1
end
redis.call('HSET', held, 'message', ARGV[8], 'count', ARGV[9])
if outcome == 'soft' then
  redis.call('ZADD', deferred, ARGV[7], uuid)
  return 1
end
redis.call('ZREM', deferred, uuid)
redis.call('ZADD', dead, now, uuid)
redis.call('PERSIST', errors)
if redis.call('ZCARD', dead) > tonumber(ARGV[11]) then
  local oldest = redis.call('ZPOPMIN', dead)[1]
  redis.call('DEL', bus .. ':held:' .. owner .. ':' .. oldest)
  redis.call('EXPIRE', bus .. ':errors:' .. oldest, ARGV[12])
end
return 1
