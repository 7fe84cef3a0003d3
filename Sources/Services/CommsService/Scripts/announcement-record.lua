-- announcement-record.lua: what the scripts share that change the public copy of an incident and what was announced of it; it stands
-- after status-record.lua. The key schema is in the header of AnnouncementsStore.swift.

local INCIDENT = {
  'title', 'sev', 'status', 'services', 'started_at', 'mitigated_at', 'resolved_at', 'source_version', 'published_at', 'updated_at',
  'withdrawn_at', 'announcements', 'hidden', 'last_state', 'postmortem', 'postmortem_announced',
}
local ANNOUNCEMENT = { 'ts', 'title', 'sev', 'message', 'message_fr', 'state', 'edited_at', 'postmortem', 'components', 'effect' }

local function incident_key(id) return base .. 'incident:' .. id end
local function announcement_key(id) return base .. 'announcement:' .. id end

-- Nil when it was never made public.
local function public_incident(id)
  local record = load(incident_key(id), INCIDENT)
  if not record.title then return nil end
  record.id = id
  return record
end

-- Takes over what incidents says of it, unless a later version is known already. Returns whether anything differs.
local function follow(record, version, sev, status, services, mitigated_at, resolved_at)
  if tonumber(version) <= tonumber(record.source_version or '0') then return false end
  record.source_version = version
  local differs = false
  local said = { sev = sev, status = status, services = services, mitigated_at = mitigated_at, resolved_at = resolved_at }
  for name, value in pairs(said) do
    if value ~= (record[name] or 'null') then
      differs = true
      record[name] = value ~= 'null' and value or nil
    end
  end
  return differs
end

-- Writes the record and its places in the indexes: `public` has all that are not withdrawn, by start; `open` those of them that are not
-- resolved, by start; `resolved` the others, by the time of that.
local function save_incident(record)
  record.updated_at = tostring(now)
  record.json = '{"id":"' .. record.id .. '","title":' .. record.title .. ',"sev":' .. record.sev .. ',"status":' .. record.status
    .. ',"services":' .. record.services .. ',"started_at":' .. record.started_at .. ',"mitigated_at":' .. (record.mitigated_at or 'null')
    .. ',"resolved_at":' .. (record.resolved_at or 'null') .. ',"published_at":' .. record.published_at
    .. ',"updated_at":' .. record.updated_at .. ',"postmortem":' .. (record.postmortem or 'null') .. '}'
  store(incident_key(record.id), INCIDENT, record)
  local place = 'open'
  if record.withdrawn_at then place = nil elseif record.resolved_at then place = 'resolved' end
  if record.withdrawn_at then
    redis.call('ZREM', base .. 'public', record.id)
  else
    redis.call('ZADD', base .. 'public', record.started_at, record.id)
  end
  for index, score in pairs({ open = record.started_at, resolved = record.resolved_at or '0' }) do
    if index == place then
      redis.call('ZADD', base .. index, score, record.id)
    else
      redis.call('ZREM', base .. index, record.id)
    end
  end
  revise()
end

-- The keys of the components among lower-cased service names (JSON array), as a JSON array.
local function component_keys(services)
  local names = cjson.decode(services)
  if #names == 0 then return '[]' end
  local keys = {}
  for _, key in ipairs(redis.call('HMGET', base .. 'components', unpack(names))) do
    if key then keys[#keys + 1] = '"' .. key .. '"' end
  end
  return '[' .. table.concat(keys, ',') .. ']'
end

-- As the public reads it, within its incident.
local function save_announcement(id, record)
  record.json = '{"id":"' .. id .. '","ts":' .. record.ts .. ',"state":' .. record.state .. ',"message":' .. record.message
    .. ',"message_fr":' .. (record.message_fr or 'null') .. ',"edited_at":' .. (record.edited_at or 'null')
    .. ',"postmortem":' .. (record.postmortem or 'false') .. ',"components":' .. record.components .. ',"effect":' .. record.effect .. '}'
  store(announcement_key(id), ANNOUNCEMENT, record)
end

-- As who announces reads it, and the bus.
local function announced(id, incident, record)
  return '{"id":"' .. id .. '","incident_id":"' .. incident.id .. '","title":' .. record.title .. ',"sev":' .. record.sev
    .. ',"ts":' .. record.ts .. ',"state":' .. record.state .. ',"message":' .. record.message
    .. ',"message_fr":' .. (record.message_fr or 'null') .. ',"edited_at":' .. (record.edited_at or 'null')
    .. ',"postmortem":' .. (record.postmortem or 'false') .. ',"services":' .. record.components .. '}'
end

local function tell(event, id, incident, record)
  publish(event, '"announcement":' .. announced(id, incident, record) .. ',"incident":{"id":"' .. incident.id .. '","title":'
    .. incident.title .. ',"sev":' .. incident.sev .. ',"status":' .. incident.status .. '}')
end

-- Appends an announcement to `incident`, which it saves, and tells the bus. Returns its id.
local function announce(incident, record)
  local number = tonumber(incident.announcements or '0') + 1
  local id = incident.id .. '-' .. number
  incident.announcements, incident.last_state = tostring(number), record.state
  record.ts, record.title, record.sev = tostring(now), incident.title, incident.sev
  save_announcement(id, record)
  save_incident(incident)
  tell('announcement.published', id, incident, record)
  return id
end
