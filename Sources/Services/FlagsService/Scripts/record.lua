-- record.lua: what every script that changes flags or segments shares; it stands between the prelude and the script.
-- The key schema is in the header of FlagsStore.swift.

local base = ns .. ':flags:'
local KEPT = 100 -- entries of a flag's history, and versions to go back to
local AFTERLIFE = 90 * 86400 -- seconds that the history of a deleted flag is kept

local function revision()
  return redis.call('GET', base .. 'revision') or '0'
end

-- One revision on; `member` (flag:<id>, segment:<name>) is what it changed.
local function changed(member)
  local number = redis.call('INCR', base .. 'revision')
  redis.call('ZADD', base .. 'changes', number, member)
  return number
end

-- As changed, for what is there no more: who read an earlier revision reads everything anew.
local function removed(member)
  local number = redis.call('INCR', base .. 'revision')
  redis.call('ZREM', base .. 'changes', member)
  redis.call('SET', base .. 'floor', number)
  return number
end

-- The record at `key`, or nil and what the script answers; expected: a version, '0' for none yet, '' for any.
local function begin(key, expected)
  local values = redis.call('HMGET', key, 'version', 'on', 'body', 'created_at', 'json', 'facts')
  if expected ~= '' and expected ~= (values[1] or '0') then return nil, { 'version', values[1] or '0' } end
  if not values[1] then return nil, { 'missing' } end
  return { version = values[1], on = values[2], body = values[3], created_at = values[4], json = values[5], facts = values[6] or '' }
end

-- Who made the last change and when, as the last members of a record.
local function stamp(version, created_at)
  return ',"version":' .. version .. ',"created_at":' .. created_at .. ',"updated_at":' .. now .. ',"updated_by":' .. actor .. '}'
end

-- Appends to a flag's history and publishes; `flag` has version, on, body and facts; `diff` is a JSON object.
local function tell(id, flag, change, diff, number)
  local key = base .. 'history:' .. id
  redis.call('RPUSH', key, '{"version":' .. flag.version .. ',"change":"' .. change .. '","at":' .. now .. ',"by":' .. actor
    .. ',"cid":"' .. cid .. '","diff":' .. diff .. '}')
  redis.call('LTRIM', key, -KEPT, -1)
  publish('flag.changed', '"flag":"' .. id .. '","version":' .. flag.version .. ',"change":"' .. change .. '","on":' .. flag.on .. ','
    .. flag.facts .. ',"revision":' .. number)
end

-- Writes a flag one version on, with its history, and returns its json.
local function save(id, flag, change, diff)
  local versions = base .. 'versions:' .. id
  flag.version = tostring(tonumber(flag.version or redis.call('HGET', versions, 'last') or '0') + 1)
  flag.created_at = flag.created_at or tostring(now)
  local json = '{"id":"' .. id .. '","on":' .. flag.on .. ',' .. flag.body .. stamp(flag.version, flag.created_at)
  redis.call('HSET', base .. 'flag:' .. id, 'version', flag.version, 'on', flag.on, 'body', flag.body, 'created_at', flag.created_at,
    'facts', flag.facts, 'json', json)
  redis.call('HSET', versions, 'last', flag.version, flag.version, '{"id":"' .. id .. '","on":' .. flag.on .. ',' .. flag.body .. '}')
  redis.call('HDEL', versions, tonumber(flag.version) - KEPT)
  local number = changed('flag:' .. id)
  tell(id, flag, change, diff, number)
  return json
end
