-- create.lua: declares an incident. Event: incident.created. Arguments: those of declare.lua.
-- Answers: {'ok', version, json, id}; {'existing', version, json, id} when that external has its incident already.

if arg(8) ~= '' then
  local id = redis.call('HGET', base .. 'external', arg(8))
  if id then
    local known = redis.call('HMGET', incident_key(id), 'version', 'json')
    return { 'existing', known[1], known[2], id }
  end
end

local record, json = declare()
return { 'ok', record.version, json, record.id }
