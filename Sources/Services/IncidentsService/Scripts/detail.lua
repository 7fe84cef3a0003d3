-- detail.lua: one incident with its timeline and postmortem, as it is sent. Reads only.
-- KEYS[1] the namespace. Arguments: 1 id, 2 the most timeline entries to show (the newest).
-- Answers: {version, json}; {} when there is no such incident.

local key = KEYS[1] .. ':incidents:incident:' .. ARGV[1]
local record = redis.call('HMGET', key, 'version', 'json', 'postmortem')
if not record[1] then return {} end
local entries = redis.call('LRANGE', key .. ':timeline', -ARGV[2], -1)
return {
  record[1],
  string.sub(record[2], 1, -2) .. ',"timeline":[' .. table.concat(entries, ',') .. '],"postmortem":' .. (record[3] or 'null')
    .. ',"links":[]}',
}
