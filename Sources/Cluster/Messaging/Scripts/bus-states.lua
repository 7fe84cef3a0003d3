-- What became of some messages. Comes after bus-groups.lua.
-- KEYS[1] namespace   ARGV uuids
-- Answers two lists: {uuid, soft and hard errors, …} of those with a history, and
-- {uuid, group, 'retrying' | 'dead', when (ms; '' under way), errors_count, …} of those deferred or dead somewhere.
local histories, states = {}, {}
for _, uuid in ipairs(ARGV) do
  local errors = 0
  for _, entry in ipairs(redis.call('LRANGE', bus .. ':errors:' .. uuid, 0, -1)) do
    if string.find(entry, '^{"error_type":"softerror"') or string.find(entry, '^{"error_type":"harderror"') then errors = errors + 1 end
  end
  if errors > 0 then
    histories[#histories + 1] = uuid
    histories[#histories + 1] = errors
  end
end
for _, group in ipairs(owners()) do
  for state, key in pairs({ retrying = bus .. ':deferred:' .. group, dead = bus .. ':dead:' .. group }) do
    for i, score in ipairs(redis.call('ZMSCORE', key, unpack(ARGV))) do
      if score then
        local count = redis.call('HGET', bus .. ':held:' .. group .. ':' .. ARGV[i], 'count') or '0'
        for _, value in ipairs({ ARGV[i], group, state, score == 'inf' and '' or score, count }) do states[#states + 1] = value end
      end
    end
  end
end
return { histories, states }
