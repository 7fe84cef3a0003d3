-- maintenance-record.lua: what the scripts share that change maintenances; it stands after status-record.lua. The key schema is in the
-- header of MaintenancesStore.swift.

local MAINTENANCE = {
  'title', 'message', 'components', 'starts_at', 'ends_at', 'status', 'version', 'created_at', 'updated_at',
}
-- Seconds before the start.
local REMINDERS = { ['24h'] = 86400, ['1h'] = 3600 }
-- How long one that is over is kept, in seconds.
local KEPT = 400 * 86400

local function maintenance_key(id) return base .. 'maintenance:' .. id end

-- Nil when there is none.
local function maintenance(id)
  local record = load(maintenance_key(id), MAINTENANCE)
  if not record.title then return nil end
  record.id = id
  return record
end

local function tell(event, record, more)
  publish('maintenance.' .. event, '"maintenance":{"id":"' .. record.id .. '","title":' .. record.title .. ',"message":' .. record.message
    .. ',"components":' .. record.components .. ',"starts_at":' .. record.starts_at .. ',"ends_at":' .. record.ends_at
    .. ',"status":' .. record.status .. '}' .. (more or ''))
end

local function save_maintenance(record)
  record.version = tostring(tonumber(record.version or '0') + 1)
  record.updated_at = tostring(now)
  record.json = '{"id":"' .. record.id .. '","title":' .. record.title .. ',"message":' .. record.message
    .. ',"components":' .. record.components .. ',"starts_at":' .. record.starts_at .. ',"ends_at":' .. record.ends_at
    .. ',"status":' .. record.status .. ',"version":' .. record.version .. ',"created_at":' .. record.created_at
    .. ',"updated_at":' .. record.updated_at .. '}'
  store(maintenance_key(record.id), MAINTENANCE, record)
  redis.call('ZADD', base .. 'maintenances', record.ends_at, record.id)
  revise()
end

local function unplan(id)
  redis.call('ZREM', base .. 'maintenance-due', id .. ' start', id .. ' end', id .. ' 24h', id .. ' 1h')
end

-- Puts what is to happen into the plan; reminders only where their time is still to come.
local function plan(record)
  unplan(record.id)
  local starts_at = tonumber(record.starts_at)
  if record.status == '"scheduled"' then
    redis.call('ZADD', base .. 'maintenance-due', starts_at, record.id .. ' start')
    for name, before in pairs(REMINDERS) do
      if starts_at - before > now then redis.call('ZADD', base .. 'maintenance-due', starts_at - before, record.id .. ' ' .. name) end
    end
  end
  redis.call('ZADD', base .. 'maintenance-due', record.ends_at, record.id .. ' end')
end

-- Begins what is to have begun.
local function begin_if_due(record)
  if record.status ~= '"scheduled"' or tonumber(record.starts_at) > now then return end
  record.status = '"in_progress"'
  save_maintenance(record)
  tell('started', record)
end

-- The keys of components named in lower case (JSON array) as a JSON array; the second value is a name nobody has.
local function component_list(names)
  local keys = {}
  for _, name in ipairs(cjson.decode(names)) do
    local key = redis.call('HGET', base .. 'components', name)
    if not key then return nil, name end
    keys[#keys + 1] = '"' .. key .. '"'
  end
  return '[' .. table.concat(keys, ',') .. ']'
end
