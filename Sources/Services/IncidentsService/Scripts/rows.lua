-- rows.lua: what metrics are counted from. Reads only.
-- KEYS[1] the namespace. Arguments: 1 'all' or 'changes', 2 the first by start (from 0), or the revision after which, 3 how many at most.
-- Answers: {revision now, incidents there are, revision of the last answered (changes; else 0), then for each: id, started_at, sev,
--   lower-cased services (JSON array), acknowledged_at, mitigated_at, resolved_at ('' for none)}.

local base = KEYS[1] .. ':incidents:'
local answer = { tonumber(redis.call('GET', base .. 'revision') or '0'), redis.call('ZCARD', base .. 'all'), 0 }
local ids = {}
if ARGV[1] == 'all' then
  ids = redis.call('ZRANGE', base .. 'all', ARGV[2], ARGV[2] + ARGV[3] - 1)
else
  local changes = redis.call('ZRANGEBYSCORE', base .. 'changes', '(' .. ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
  for i = 1, #changes, 2 do
    ids[#ids + 1] = changes[i]
    answer[3] = tonumber(changes[i + 1])
  end
end
for _, id in ipairs(ids) do
  answer[#answer + 1] = id
  local values = redis.call('HMGET', base .. 'incident:' .. id, 'started_at', 'sev', 'service_names', 'acknowledged_at', 'mitigated_at',
    'resolved_at')
  for i = 1, 6 do answer[#answer + 1] = values[i] or '' end
end
return answer
