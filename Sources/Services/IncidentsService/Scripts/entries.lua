-- entries.lua: a page of an incident's timeline, oldest first. Reads only.
-- KEYS[1] the namespace. Arguments: 1 id, 2 the first entry (from 0), 3 how many at most.
-- Answers: {total, entry, …}; {} when there is no such incident.

local key = KEYS[1] .. ':incidents:incident:' .. ARGV[1]
local total = redis.call('HGET', key, 'entries')
if not total then return {} end
local page = redis.call('LRANGE', key .. ':timeline', ARGV[2], ARGV[2] + ARGV[3] - 1)
return { tonumber(total), unpack(page) }
