-- Reads only. KEYS[1]: namespace; startIndex, maxResults, '1' with profiles, then one index name or more
-- -> total, {json, …}, {profile, …}, by score: oldest first, under a skill the best first
local ns, start, count = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local keys = {}
for i = 4, #ARGV do keys[i - 3] = ns .. ':users:' .. ARGV[i] end

local total, ids
if #keys == 1 then
  total = redis.call('ZCARD', keys[1])
  ids = redis.call('ZRANGE', keys[1], start, start + count - 1)
else
  local all = redis.call('ZINTER', #keys, unpack(keys))
  total = #all
  ids = {}
  for i = start + 1, math.min(start + count, total) do ids[#ids + 1] = all[i] end
end
local users, profiles = {}, {}
for i, id in ipairs(ids) do
  users[i] = redis.call('HGET', ns .. ':users:user:' .. id, 'json')
  if ARGV[3] == '1' then profiles[i] = redis.call('HGETALL', ns .. ':users:profile:' .. id) end
end
return { total, users, profiles }
