-- Reads only. KEYS[1]: namespace. Arguments: 1 how many to pass over, 2 how many to answer at most. Answers: {total, json, …}, oldest first.
local base, start, count = KEYS[1] .. ':comms:webhook', tonumber(ARGV[1]), tonumber(ARGV[2])
local answer = { redis.call('ZCARD', base .. 's') }
for i, id in ipairs(redis.call('ZRANGE', base .. 's', start, start + count - 1)) do
  answer[i + 1] = redis.call('HGET', base .. ':' .. id, 'json')
end
return answer
