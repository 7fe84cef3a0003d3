-- alerts.lua: what Alertmanager says of one group of alerts. Its open incident takes the alerts that are new to it; without one, an incident
-- is declared when something fires. Events: those of declare.lua and turn.lua, incident.timeline.added, incident.updated.
-- Arguments: 1 to 11 those of declare.lua (sev: the worst that fires), 12 alerts that were left out of the message, 13 the most entries a
--   timeline takes, 14 seconds after which what was resolved is not opened again, 15 alerts told one by one at most, 16 the number of
--   services, 17 the number of alerts; for each service: its name as JSON text, lower-cased; for each alert: fingerprint, start (digits, as
--   many in each) and '0' firing or '1' over, message (JSON text), details (JSON object), words of the message.
-- Answers: {'ok' or 'unchanged', version, json, id, 'opened', 'reopened', 'resolved', 'updated' or 'unchanged', alerts that were new};
--   {'ignored'} when nothing fires and there is no incident.

local SERVICES = 50
local services, alerts = {}, {}
local at = 18
for i = 1, tonumber(arg(16)) do
  services[i] = { json = arg(at), name = arg(at + 1) }
  at = at + 2
end
for i = 1, tonumber(arg(17)) do
  alerts[i] = { fingerprint = arg(at), state = arg(at + 1), message = arg(at + 2), details = arg(at + 3), words = arg(at + 4) }
  alerts[i].fires = string.sub(alerts[i].state, -1) == '0'
  at = at + 5
end

local function alerts_key(record) return incident_key(record.id) .. ':alerts' end

-- The alerts that are newer than what the incident knows of them, and whether one of them fires.
local function news(record)
  local found, fires = {}, false
  for _, alert in ipairs(alerts) do
    local known = redis.call('HGET', alerts_key(record), alert.fingerprint)
    if not known or known < alert.state then
      found[#found + 1] = alert
      fires = fires or alert.fires
    end
  end
  return found, fires
end

local function firing(record)
  local count = 0
  for _, state in ipairs(redis.call('HVALS', alerts_key(record))) do
    if string.sub(state, -1) == '0' then count = count + 1 end
  end
  return count
end

-- Tells the alerts one by one, and beyond the limits all others in one entry. Returns the entries.
local function tell_alerts(record, fresh)
  local told, rest = {}, {}
  for _, alert in ipairs(fresh) do
    local has_room = tonumber(record.entries) < tonumber(arg(13))
    if has_room or redis.call('HEXISTS', alerts_key(record), alert.fingerprint) == 1 then
      redis.call('HSET', alerts_key(record), alert.fingerprint, alert.state)
    end
    if has_room and #told < tonumber(arg(15)) then
      told[#told + 1] = tell(record, 'alert', alert.message, 'internal', alert.details)
      change_words(record, nil, alert.words)
    elseif has_room then
      rest[#rest + 1] = '"' .. alert.fingerprint .. '"'
    end
  end
  if #rest > 0 then
    told[#told + 1] = tell(record, 'alert', '"' .. #rest .. ' more alerts of the group have changed"', 'internal',
      '{"fingerprints":[' .. table.concat(rest, ',') .. ']}')
  end
  return told
end

-- Worse alerts, and services not named yet, change an incident that no person has touched. Returns the members `changed` of the event.
local function widen(record)
  local changes = {}
  local function change(name, new)
    changes[#changes + 1] = '"' .. name .. '":{"old":' .. (record[name] or 'null') .. ',"new":' .. new .. '}'
    set(record, name, new)
  end
  if tonumber(arg(2)) < tonumber(record.sev) then
    reindex(record, 'sev:' .. record.sev, 'sev:' .. arg(2))
    change('sev', arg(2))
  end
  local names, known, added = cjson.decode(record.service_names), {}, {}
  for _, name in ipairs(names) do known[name] = true end
  for _, service in ipairs(services) do
    if not known[service.name] and #names < SERVICES then
      known[service.name] = true
      names[#names + 1] = service.name
      added[#added + 1] = service.json
      index(record, 'service:' .. service.name)
    end
  end
  if #added > 0 then
    local old = string.sub(record.services, 1, -2)
    change('services', old .. (old ~= '[' and ',' or '') .. table.concat(added, ',') .. ']')
    set(record, 'service_names', cjson.encode(names))
  end
  if not record.cid and arg(7) ~= '' then
    change('cid', arg(7))
    index(record, 'cid:' .. unquoted(arg(7)))
  end
  return table.concat(changes, ',')
end

local id = redis.call('HGET', base .. 'external', arg(8))
local record = id and find(id)
local fresh, fires, outcome = {}, false, 'updated'
if record then fresh, fires = news(record) end

if record and record.status == '"resolved"' and fires then
  if not record.touched_by_human and now - tonumber(record.resolved_at) <= tonumber(arg(14)) then
    turn(record, 'open', '"Alerts of the group fire again"', '', false)
    outcome = 'reopened'
  else
    record = nil
  end
end
if not record then
  fresh = {}
  for _, alert in ipairs(alerts) do
    if alert.fires then fresh[#fresh + 1] = alert end
  end
  if #fresh == 0 then return { 'ignored' } end
  record, outcome = declare(), 'opened'
end
if #fresh == 0 then
  local known = unchanged(record)
  return { 'unchanged', known[2], known[3], record.id, 'unchanged', 0 }
end

local told = tell_alerts(record, fresh)
local is_over = record.status ~= '"resolved"' and arg(12) == '0' and firing(record) == 0
if is_over and record.touched_by_human and tonumber(record.entries) < tonumber(arg(13)) then
  told[#told + 1] = tell(record, 'alert', '"Every alert of the group is over. People work on this incident, so its status stays as it is."',
    'internal', '{}')
end
local changed = ''
if outcome ~= 'opened' and fires and not record.touched_by_human then changed = widen(record) end
if changed ~= '' then told[#told + 1] = tell(record, 'changed', '"Changed by further alerts"', 'internal', '{' .. changed .. '}') end
local json = save(record)
for _, entry in ipairs(told) do publish_entry(record, entry) end
if changed ~= '' then
  publish('incident.updated', '"incident_id":"' .. record.id .. '","incident":' .. json .. ',"changed":{' .. changed .. '}')
end
if is_over and not record.touched_by_human then
  if record.status == '"open"' then turn(record, 'mitigated', '"Every alert of the group is over"', '', false) end
  json = turn(record, 'resolved', '"Resolved: every alert of the group is over, and nobody has touched this incident"', '', false)
  outcome = 'resolved'
end
return { 'ok', record.version, json, record.id, outcome, #fresh }
