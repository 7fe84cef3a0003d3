-- detail.lua: one incident with its timeline, postmortem and links, as it is sent. Reads only.
-- KEYS[1] the namespace. Arguments: 1 id, 2 the most timeline entries to show (the newest).
-- Answers: {version, json}; {} when there is no such incident.

local key = KEYS[1] .. ':incidents:incident:' .. ARGV[1]
local record = redis.call('HMGET', key, 'version', 'json', 'postmortem')
if not record[1] then return {} end
local entries = redis.call('LRANGE', key .. ':timeline', -ARGV[2], -1)

-- Its own links and those that lead to it, the oldest first.
local links = redis.call('HVALS', key .. ':links')
for _, link in ipairs(redis.call('HVALS', key .. ':linked')) do links[#links + 1] = link end
if #links > 1 then
  local age = {}
  for _, link in ipairs(links) do age[link] = string.match(link, '"at":(%d+),"cid":"[^"]*"}$') .. link end
  table.sort(links, function(a, b) return age[a] < age[b] end)
end
return {
  record[1],
  string.sub(record[2], 1, -2) .. ',"timeline":[' .. table.concat(entries, ',') .. '],"postmortem":' .. (record[3] or 'null')
    .. ',"links":[' .. table.concat(links, ',') .. ']}',
}
