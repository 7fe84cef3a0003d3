-- public-snapshot.lua: all that the public may see now, in one consistent reading. Reads only.
-- Arguments: 1 resolved at or after (epoch seconds), 2 the most incidents of each index, 3 the most of the history, 4 the most
--   announcements of each incident.
-- Answers: {revision, {{record, announcement, …}, …}}.

local seen, incidents = {}, {}
local function take(ids)
  for _, id in ipairs(ids) do
    if not seen[id] then
      seen[id] = true
      incidents[#incidents + 1] = public_incident(id, tonumber(ARGV[4]))
    end
  end
end
take(redis.call('ZREVRANGE', base .. 'open', 0, ARGV[2] - 1))
take(redis.call('ZREVRANGEBYSCORE', base .. 'resolved', '+inf', ARGV[1], 'LIMIT', 0, ARGV[2]))
take(redis.call('ZREVRANGE', base .. 'public', 0, ARGV[3] - 1))
return { tonumber(redis.call('GET', base .. 'revision') or '0'), incidents }
