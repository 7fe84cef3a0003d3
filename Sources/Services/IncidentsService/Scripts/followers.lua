-- followers.lua: who follows an incident. Reads only.
-- KEYS[1] the namespace. Arguments: 1 id. Answers: {'ok', follower, …}; {} when there is no such incident.

local key = KEYS[1] .. ':incidents:incident:' .. ARGV[1]
if redis.call('EXISTS', key) == 0 then return {} end
return { 'ok', unpack(redis.call('HVALS', key .. ':followers')) }
