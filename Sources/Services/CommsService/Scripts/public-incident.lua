-- public-incident.lua: how scripts that only read get a public incident: its record, then what was announced of it, oldest first (the
-- newest `most` of it). It stands before the script; KEYS[1] is the namespace.

local base = KEYS[1] .. ':comms:'

local function public_incident(id, most)
  local record = redis.call('HMGET', base .. 'incident:' .. id, 'json', 'announcements', 'hidden', 'withdrawn_at')
  if not record[1] or record[4] then return nil end
  local last = tonumber(record[2])
  local entry = { record[1] }
  for number = math.max(tonumber(record[3] or '0'), last - most) + 1, last do
    entry[#entry + 1] = redis.call('HGET', base .. 'announcement:' .. id .. '-' .. number, 'json')
  end
  return entry
end
