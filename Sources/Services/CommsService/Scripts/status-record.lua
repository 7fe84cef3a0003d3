-- status-record.lua: what all scripts share that change something the public status shows; it stands between the prelude and the script.
-- A record is a hash with one JSON text a member and `json`, the whole as it is read.

local base = ns .. ':comms:'

-- Tells every replica that something differs.
local function revise()
  return redis.call('INCR', base .. 'revision')
end

local function load(key, names)
  local record = {}
  for i, value in ipairs(redis.call('HMGET', key, unpack(names))) do record[names[i]] = value or nil end
  return record
end

local function store(key, names, record)
  local written, emptied = {}, {}
  for _, name in ipairs(names) do
    if record[name] then
      written[#written + 1] = name
      written[#written + 1] = record[name]
    else
      emptied[#emptied + 1] = name
    end
  end
  redis.call('HSET', key, 'json', record.json, unpack(written))
  if #emptied > 0 then redis.call('HDEL', key, unpack(emptied)) end
end
