-- The messages that are dead (or deferred) somewhere, of each group the newest first. Comes after bus-groups.lua.
-- KEYS[1] namespace   ARGV 1 'dead' or 'deferred'  2 the most to answer  3 a uuid, for that message alone, or ''
-- Answers {uuid, when (ms), message, …}.
local room, answer = tonumber(ARGV[2]), {}
for _, group in ipairs(owners()) do
  local key, found = bus .. ':' .. ARGV[1] .. ':' .. group, {}
  if ARGV[3] == '' then
    found = redis.call('ZRANGE', key, '+inf', '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, room, 'WITHSCORES')
  else
    local score = redis.call('ZSCORE', key, ARGV[3])
    if score then found = { ARGV[3], score } end
  end
  for i = 1, #found, 2 do
    answer[#answer + 1] = found[i]
    answer[#answer + 1] = found[i + 1]
    answer[#answer + 1] = redis.call('HGET', bus .. ':held:' .. group .. ':' .. found[i], 'message') or ''
  end
  room = room - #found / 2
  if room <= 0 then break end
end
return answer
