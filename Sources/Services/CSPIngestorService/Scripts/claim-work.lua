-- claim-work.lua: takes what incidents is to be told.
-- KEYS[1] the namespace. Arguments: 1 now in ms, 2 how long the claim holds in ms, 3 the most to take, 4 the set: `work` or `partings`.
-- Answers: {member, …}.

local set = KEYS[1] .. ':csp:' .. ARGV[4]
local members = redis.call('ZRANGEBYSCORE', set, '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
for _, member in ipairs(members) do redis.call('ZADD', set, ARGV[1] + ARGV[2], member) end
return members
