-- subscription-list.lua: a page of the subscriptions in all of some indexes, newest first. Reads only.
-- KEYS[1] the namespace. Arguments: 1 how many to pass over, 2 how many at most, then index names, such as ':confirmed' ('' for all).
-- Answers: {total, json, …}.
local base, keys = KEYS[1] .. ':comms:subscriptions', {}
for i = 3, #ARGV do keys[#keys + 1] = base .. ARGV[i] end
local first, last = tonumber(ARGV[1]), ARGV[1] + ARGV[2] - 1
local total, ids
if #keys == 1 then
  total = redis.call('ZCARD', keys[1])
  ids = redis.call('ZREVRANGE', keys[1], first, last)
else
  local all = redis.call('ZINTER', #keys, unpack(keys))
  total, ids = #all, {}
  for i = total - first, math.max(1, total - last), -1 do ids[#ids + 1] = all[i] end
end
local answer = { total }
for _, id in ipairs(ids) do answer[#answer + 1] = redis.call('HGET', KEYS[1] .. ':comms:subscription:' .. id, 'json') end
return answer
