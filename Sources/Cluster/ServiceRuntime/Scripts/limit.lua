-- A GCRA bucket: the key holds the theoretical arrival time of the next call.
-- KEYS[1] the bucket   ARGV 1 now in ms  2 interval in ms  3 burst
-- Answers 0 when the call may pass, else the milliseconds until one may.
local now, interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + interval
local wait = arrival - burst * interval - now
if wait > 0 then return math.ceil(wait) end
redis.call('SET', KEYS[1], string.format('%.3f', arrival), 'PX', math.ceil(arrival - now) + 1)
return 0
