-- load.lua: all that is remembered of one provider's events. Reads only.
-- KEYS[1] the namespace. Arguments: 1 name, 2 the generation that is at hand.
-- Answers: {generation} when that is the one at hand, {generation, state, memo, …} else; {} when there is no such provider.

local base = KEYS[1] .. ':csp:'
local record = redis.call('HMGET', base .. 'provider:' .. ARGV[1], 'generation', 'state')
if not record[1] then return {} end
if record[1] == ARGV[2] then return { record[1] } end
local answer = { record[1], record[2] or '' }
for _, id in ipairs(redis.call('ZRANGE', base .. 'from:' .. ARGV[1], 0, -1)) do
  answer[#answer + 1] = redis.call('HGET', base .. 'event:' .. id, 'memo')
end
return answer
