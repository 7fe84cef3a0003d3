-- list-templates.lua: a page of the templates for updates, by key. Reads only.
-- KEYS[1] the namespace. Arguments: 1 how many to pass over, 2 how many to answer at most. Answers: {total, template, …}.

local base = KEYS[1] .. ':incidents:'
local answer = { redis.call('ZCARD', base .. 'templates') }
for _, name in ipairs(redis.call('ZRANGE', base .. 'templates', ARGV[1], ARGV[1] + ARGV[2] - 1)) do
  answer[#answer + 1] = redis.call('HGET', base .. 'template:' .. name, 'json')
end
return answer
