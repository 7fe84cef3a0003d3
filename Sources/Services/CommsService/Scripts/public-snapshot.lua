-- public-snapshot.lua: all that the public may see now, in one consistent reading. Reads only.
-- Arguments: 1 resolved, or ended, at or after (epoch seconds), 2 the most incidents of each index, 3 the most of the history, 4 the most
--   announcements of each incident, 5 changes of status at or after (epoch seconds).
-- Answers: {revision, {{record, announcement, …}, …}, {component, …}, {maintenance, …}, banner or '', {provider event, …}, {change, …}}.

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

local components, maintenances = {}, {}
for _, id in ipairs(redis.call('HKEYS', base .. 'components')) do
  components[#components + 1] = redis.call('HGET', base .. 'component:' .. id, 'json')
end
for _, id in ipairs(redis.call('ZREVRANGEBYSCORE', base .. 'maintenances', '+inf', ARGV[1], 'LIMIT', 0, ARGV[2])) do
  maintenances[#maintenances + 1] = redis.call('HGET', base .. 'maintenance:' .. id, 'json')
end
return {
  tonumber(redis.call('GET', base .. 'revision') or '0'), incidents, components, maintenances, redis.call('GET', base .. 'banner') or '',
  redis.call('HVALS', base .. 'provider-events'), redis.call('ZRANGEBYSCORE', base .. 'component-changes', ARGV[5], '+inf'),
}
