-- save-template.lua: makes or changes a template for updates. Events: template.created; template.updated, unless nothing differs.
-- Arguments: 1 'create' or 'change', 2 key, 3 expected version or '', 4 the most templates, 5 name, 6 type, 7 message, 8 message_fr,
--   9 state, 10 visibility (JSON texts; '' leaves the member as it is).
-- Answers: {'ok' or 'unchanged', version, json}, {'exists'}, {'full'}, {'missing'}, {'version', current}.

local MEMBERS = { 'name', 'type', 'message', 'message_fr', 'state', 'visibility' }
local base, name = ns .. ':incidents:', arg(2)
local key = base .. 'template:' .. name
local version = redis.call('HGET', key, 'version')
if arg(1) == 'create' then
  if version then return { 'exists' } end
  if redis.call('ZCARD', base .. 'templates') >= tonumber(arg(4)) then return { 'full' } end
elseif not version then
  return { 'missing' }
elseif arg(3) ~= '' and arg(3) ~= version then
  return { 'version', version }
end

local values, changed = {}, {}
local old = redis.call('HMGET', key, unpack(MEMBERS))
for i, member in ipairs(MEMBERS) do
  values[member] = arg(4 + i) ~= '' and arg(4 + i) or old[i]
  if values[member] ~= old[i] then changed[#changed + 1] = '"' .. member .. '"' end
end
if #changed == 0 then return { 'unchanged', version, redis.call('HGET', key, 'json') } end

local created_at = redis.call('HGET', key, 'created_at') or tostring(now)
local next_version = tostring(tonumber(version or '0') + 1)
local json = '{"key":"' .. name .. '"'
for _, member in ipairs(MEMBERS) do
  json = json .. ',"' .. member .. '":' .. values[member]
  redis.call('HSET', key, member, values[member])
end
json = json .. ',"version":' .. next_version .. ',"created_at":' .. created_at .. ',"updated_at":' .. now .. '}'
redis.call('HSET', key, 'json', json, 'version', next_version, 'created_at', created_at)
redis.call('ZADD', base .. 'templates', 0, name)
if version then
  publish('template.updated', '"template":' .. json .. ',"changed":[' .. table.concat(changed, ',') .. ']')
else
  publish('template.created', '"template":' .. json)
end
return { 'ok', next_version, json }
