-- mail-list.lua: a page of mails, newest first. Reads only.
-- KEYS[1] the namespace. Arguments: 1 how many to pass over, 2 how many at most, 3 a state or ''. Answers: {total, json, …}.
local key = KEYS[1] .. ':comms:mails' .. (ARGV[3] ~= '' and ':' .. ARGV[3] or '')
local answer = { redis.call('ZCARD', key) }
for _, id in ipairs(redis.call('ZREVRANGE', key, ARGV[1], ARGV[1] + ARGV[2] - 1)) do
  local json = redis.call('HGET', KEYS[1] .. ':comms:mail:' .. id, 'json')
  if json then answer[#answer + 1] = json end
end
return answer
