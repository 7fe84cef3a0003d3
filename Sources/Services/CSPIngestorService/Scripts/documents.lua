-- documents.lua: events as they are sent. Reads only.
-- KEYS[1] the namespace. Arguments: event ids. Answers: {json or false, …} in their order.

local answer = {}
for i, id in ipairs(ARGV) do answer[i] = redis.call('HGET', KEYS[1] .. ':csp:event:' .. id, 'json') end
return answer
