-- claim-work.lua: takes events of which incidents is to be told something.
-- KEYS[1] the namespace. Arguments: 1 now in ms, 2 how long the claim holds in ms, 3 the most to take.
-- Answers: {id, …}.

local work = KEYS[1] .. ':csp:work'
local ids = redis.call('ZRANGEBYSCORE', work, '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
for _, id in ipairs(ids) do redis.call('ZADD', work, ARGV[1] + ARGV[2], id) end
return ids
