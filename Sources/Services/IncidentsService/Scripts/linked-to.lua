-- linked-to.lua: the incidents that are not resolved and link to a provider's event. Reads only.
-- KEYS[1] the namespace. Arguments: 1 the event, 2 how many at most (the newest). Answers: {id, …}.

local base = KEYS[1] .. ':incidents:'
local found = {}
for _, id in ipairs(redis.call('ZREVRANGE', base .. 'event:' .. ARGV[1], 0, ARGV[2] - 1)) do
  if redis.call('HGET', base .. 'incident:' .. id, 'status') ~= '"resolved"' then found[#found + 1] = id end
end
return found
