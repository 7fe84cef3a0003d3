-- component-record.lua: what the scripts share that change components; it stands after status-record.lua. The key schema is in the header
-- of ComponentsStore.swift.

local COMPONENT = {
  'key', 'name', 'description', 'group', 'position', 'show', 'depends_on', 'edges', 'status_override', 'version', 'created_at',
  'updated_at', 'status', 'since',
}
-- How long changes of status are kept, in seconds.
local KEPT = 400 * 86400

local function component_key(id) return base .. 'component:' .. id end

-- Nil when there is none.
local function component(id)
  local record = load(component_key(id), COMPONENT)
  if not record.key then return nil end
  record.id = id
  return record
end

local function save_component(record)
  record.json = '{"key":' .. record.key .. ',"name":' .. record.name .. ',"description":' .. record.description
    .. ',"group":' .. (record.group or 'null') .. ',"position":' .. record.position .. ',"show":' .. record.show
    .. ',"depends_on":' .. record.depends_on .. ',"status_override":' .. (record.status_override or 'null')
    .. ',"version":' .. record.version .. ',"created_at":' .. record.created_at .. ',"updated_at":' .. record.updated_at
    .. ',"status":' .. record.status .. ',"since":' .. record.since .. '}'
  store(component_key(record.id), COMPONENT, record)
  revise()
end

-- Whether a component with these edges (JSON array of what it depends on, lower-cased) would depend on itself.
local function closes_circle(id, edges)
  local seen = {}
  local function reaches(names)
    for _, name in ipairs(cjson.decode(names)) do
      if name == id then return true end
      if not seen[name] then
        seen[name] = true
        local next = redis.call('HGET', component_key(name), 'edges')
        if next and reaches(next) then return true end
      end
    end
    return false
  end
  return reaches(edges)
end
