-- record.lua: what every script that changes an incident shares; it stands between the prelude and the script.
-- An incident is a hash whose fields are the JSON texts of the members of the same names (a null member has no field), and `json`,
-- the record as it is sent. The key schema is in the header of IncidentsStore.swift.

local base = ns .. ':incidents:'

local FIELDS = {
  'title', 'sev', 'services', 'summary', 'status', 'started_at', 'commander', 'source', 'version', 'updated_at', 'acknowledged_at',
  'mitigated_at', 'resolved_at', 'comms_lead', 'scribe', 'responder', 'external', 'public', 'parent', 'touched_by_human', 'cid',
  'entries', 'score', 'service_names', 'title_words', 'summary_words', 'announced', 'public_told', 'links',
  'update_since', 'commander_since',
}
local ROLES = { 'commander', 'comms_lead', 'scribe', 'responder' }

-- The content of a JSON string that needs no escapes: a status, a source, a user's id, a correlation id.
local function unquoted(text)
  return string.sub(text, 2, -2)
end

local function incident_key(id)
  return base .. 'incident:' .. id
end

local function new_record(id)
  return { id = id, changed = {} }
end

-- An incident; nil when there is none.
local function find(id)
  local values = redis.call('HMGET', incident_key(id), unpack(FIELDS))
  if not values[1] then return nil end
  local record = new_record(id)
  for i, name in ipairs(FIELDS) do record[name] = values[i] or nil end
  return record
end

-- Loads incident arg(1); with it missing, or not at version arg(2) ('' = any), the second value is what the script answers.
local function begin()
  local record = find(arg(1))
  if not record then return nil, { 'missing' } end
  if arg(2) ~= '' and arg(2) ~= record.version then return nil, { 'version', record.version } end
  return record
end

-- Sets a member to a JSON text; nil makes it null.
local function set(record, name, value)
  record[name] = value
  record.changed[name] = true
end

local function index(record, name)
  redis.call('ZADD', base .. name, record.score, record.id)
end

local function unindex(record, name)
  redis.call('ZREM', base .. name, record.id)
end

local function reindex(record, old, new)
  if old == new then return end
  if old then unindex(record, old) end
  if new then index(record, new) end
end

-- Replaces the words of one of the incident's texts (space-separated, none twice; '' or nil for none) in the index. The hash `…:words`
-- counts the texts each word is in: an incident is found by a word as long as one of its texts has it.
local function change_words(record, old, new)
  local steps, words = {}, {}
  local function step(text, by)
    for word in string.gmatch(text or '', '%S+') do
      if not steps[word] then words[#words + 1] = word end
      steps[word] = (steps[word] or 0) + by
    end
  end
  step(old, -1)
  step(new, 1)
  if #words == 0 then return end

  local counts = incident_key(record.id) .. ':words'
  local written, emptied = {}, {}
  for i, count in ipairs(redis.call('HMGET', counts, unpack(words))) do
    local word, texts = words[i], (tonumber(count) or 0) + steps[words[i]]
    if texts == 0 then
      emptied[#emptied + 1] = word
      unindex(record, 'word:' .. word)
    elseif steps[word] ~= 0 then
      written[#written + 1] = word
      written[#written + 1] = texts
      if not count then index(record, 'word:' .. word) end
    end
  end
  if #written > 0 then redis.call('HSET', counts, unpack(written)) end
  if #emptied > 0 then redis.call('HDEL', counts, unpack(emptied)) end
end

-- Appends to the timeline; `message` and `details` are JSON texts. Returns the entry's JSON.
local function tell(record, kind, message, visibility, details)
  local number = tonumber(record.entries or '0') + 1
  local entry = '{"id":' .. number .. ',"type":"' .. kind .. '","message":' .. message .. ',"visibility":"' .. visibility
    .. '","author":' .. actor .. ',"at":' .. now .. ',"cid":"' .. cid .. '","details":' .. details .. '}'
  redis.call('RPUSH', incident_key(record.id) .. ':timeline', entry)
  set(record, 'entries', tostring(number))
  if visibility == 'public' then record.told_in_public = true end
  return entry
end

-- Puts an entry of the timeline on the bus, after `save`.
local function publish_entry(record, entry)
  publish('incident.timeline.added', '"incident_id":"' .. record.id .. '","version":' .. record.version .. ',"entry":' .. entry)
end

-- What a person's change leaves behind; `answers` when it is one that acknowledges (assign, timeline, status).
local function touch(record, answers)
  if not record.touched_by_human then set(record, 'touched_by_human', 'true') end
  if answers and not record.acknowledged_at then set(record, 'acknowledged_at', tostring(now)) end
end

local function rendered(record)
  local roles = {}
  for _, role in ipairs(ROLES) do
    if record[role] then roles[#roles + 1] = '"' .. role .. '":' .. record[role] end
  end
  return '{"id":"' .. record.id
    .. '","title":' .. record.title
    .. ',"sev":' .. record.sev
    .. ',"services":' .. record.services
    .. ',"summary":' .. record.summary
    .. ',"status":' .. record.status
    .. ',"started_at":' .. record.started_at
    .. ',"commander":' .. (record.commander or 'null')
    .. ',"source":' .. record.source
    .. ',"version":' .. record.version
    .. ',"updated_at":' .. record.updated_at
    .. ',"acknowledged_at":' .. (record.acknowledged_at or 'null')
    .. ',"mitigated_at":' .. (record.mitigated_at or 'null')
    .. ',"resolved_at":' .. (record.resolved_at or 'null')
    .. ',"roles":{' .. table.concat(roles, ',')
    .. '},"external":' .. (record.external or 'null')
    .. ',"public":' .. (record.public or 'false')
    .. ',"parent":' .. (record.parent or 'null')
    .. ',"touched_by_human":' .. (record.touched_by_human or 'false')
    .. ',"cid":' .. (record.cid or 'null')
    .. ',"counts":{"timeline":' .. record.entries .. '}}'
end

-- Has a person follow the incident (id as it is, name as JSON text), as long as `FOLLOWERS` has room. Event: incident.follower.added, once.
local FOLLOWERS = 1000
local function follow(record, user, name)
  local key = incident_key(record.id) .. ':followers'
  if redis.call('HEXISTS', key, user) == 1 then return 'unchanged' end
  if redis.call('HLEN', key) >= FOLLOWERS then return 'full' end
  redis.call('HSET', key, user, '{"id":"' .. user .. '","name":' .. name .. ',"since":' .. now .. '}')
  index(record, 'follower:' .. user)
  publish('incident.follower.added', '"incident_id":"' .. record.id .. '","user":{"id":"' .. user .. '","name":' .. name .. '}')
  return 'ok'
end

-- Keeps what remind.lua reads: since when an incident of severity 1 or 2 that is not over has had no public update, and no commander.
local function plan_reminders(record)
  local changed, is_new = record.changed, record.version == nil
  local watched = record.status ~= '"resolved"' and tonumber(record.sev) <= 2
  local function watch(about)
    redis.call('ZADD', base .. 'remind:' .. about, now, record.id)
    set(record, about .. '_since', tostring(now))
  end
  local function is_watched(about) return not is_new and redis.call('ZSCORE', base .. 'remind:' .. about, record.id) end

  if watched then
    if record.told_in_public or (changed.status or changed.sev) and not is_watched('update') then watch('update') end
    if not record.commander and (changed.status or changed.sev) and not is_watched('commander') then watch('commander') end
  elseif not is_new and (changed.status or changed.sev) then
    for _, about in ipairs({ 'update', 'commander' }) do redis.call('ZREM', base .. 'remind:' .. about, record.id) end
  end
  if changed.commander then redis.call('ZREM', base .. 'remind:commander', record.id) end
end

-- Writes what changed, one version on, and returns the record as it is sent.
local function save(record)
  plan_reminders(record)
  set(record, 'version', tostring(tonumber(record.version or '0') + 1))
  set(record, 'updated_at', tostring(now))
  local json = rendered(record)
  local written, emptied = { 'json', json }, {}
  for name in pairs(record.changed) do
    if record[name] then
      written[#written + 1] = name
      written[#written + 1] = record[name]
    else
      emptied[#emptied + 1] = name
    end
  end
  redis.call('HSET', incident_key(record.id), unpack(written))
  if #emptied > 0 then redis.call('HDEL', incident_key(record.id), unpack(emptied)) end
  redis.call('ZADD', base .. 'changes', redis.call('INCR', base .. 'revision'), record.id)
  return json
end

-- The answer of a change that changed nothing.
local function unchanged(record)
  return { 'unchanged', record.version, redis.call('HGET', incident_key(record.id), 'json') }
end
