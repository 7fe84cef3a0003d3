-- report.lua: counts one visitor's word that a provider has trouble.
-- Event: none of its own; what many of them mean is an event of the provider (CrowdReports.swift).
-- KEYS[1] the namespace. Arguments: 1 provider, 2 now in s, 3 who (a digest), 4 seconds of a bucket, 5 seconds buckets are kept,
--   6 seconds of the window of distinct reporters.
-- Answers: {reporters in the window, bucket, count, bucket, count, …}.

local base = KEYS[1] .. ':csp:'
local buckets, reporters = base .. 'reports:' .. ARGV[1], base .. 'reporters:' .. ARGV[1]
local now, size, kept, window = tonumber(ARGV[2]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
if ARGV[3] ~= '' then
  redis.call('HINCRBY', buckets, now - now % size, 1)
  redis.call('EXPIRE', buckets, kept + size)
  redis.call('ZADD', reporters, now, ARGV[3])
  redis.call('EXPIRE', reporters, window)
end
redis.call('ZREMRANGEBYSCORE', reporters, '-inf', now - window)
local counts, answer = redis.call('HGETALL', buckets), { redis.call('ZCARD', reporters) }
for i = 1, #counts, 2 do
  if tonumber(counts[i]) < now - kept then
    redis.call('HDEL', buckets, counts[i])
  else
    answer[#answer + 1] = tonumber(counts[i])
    answer[#answer + 1] = tonumber(counts[i + 1])
  end
end
return answer
