-- report.lua: counts one visitor's word that a provider has trouble, and says what was counted.
-- KEYS[1] the namespace. Arguments: 1 provider, 2 now in s, 3 who (a digest; '' to count nothing), 4 seconds of a bucket, 5 seconds buckets
--   are kept, 6 seconds of the window of distinct reporters, 7 kind, 8 region or '', 9 the most fields.
-- Answers: {reporters in the window, '<bucket> <kind> <region>', count, …}.

local base = KEYS[1] .. ':csp:'
local buckets, reporters = base .. 'reports:' .. ARGV[1], base .. 'reporters:' .. ARGV[1]
local now, size, kept, window = tonumber(ARGV[2]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
if ARGV[3] ~= '' then
  local field = string.format('%.0f %s ', now - now % size, ARGV[7])
  -- What visitors type must not grow without bound.
  if redis.call('HLEN', buckets) < tonumber(ARGV[9]) then field = field .. ARGV[8] end
  redis.call('HINCRBY', buckets, field, 1)
  redis.call('EXPIRE', buckets, kept + size)
  redis.call('ZADD', reporters, now, ARGV[3])
  redis.call('EXPIRE', reporters, window)
end
redis.call('ZREMRANGEBYSCORE', reporters, '-inf', now - window)
local counts, answer = redis.call('HGETALL', buckets), { redis.call('ZCARD', reporters) }
for i = 1, #counts, 2 do
  if tonumber(string.match(counts[i], '^%d+')) <= now - kept then
    redis.call('HDEL', buckets, counts[i])
  else
    answer[#answer + 1] = counts[i]
    answer[#answer + 1] = tonumber(counts[i + 1])
  end
end
return answer
