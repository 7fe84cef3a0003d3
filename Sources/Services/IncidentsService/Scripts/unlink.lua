-- unlink.lua: takes a link away. Event: incident.link.removed.
-- Arguments: 1 id, 2 expected version or '', 3 '1' for a person, 4 the link's number.
-- Answers: {'ok', version}, {'no_link'}, {'missing'}, {'version', current}.

local record, refusal = begin()
if refusal then return refusal end

local key = incident_key(record.id) .. ':links'
local start = '{"id":' .. arg(4) .. ','
local all = redis.call('HGETALL', key)
for i = 1, #all, 2 do
  local field, link = all[i], all[i + 1]
  if string.sub(link, 1, #start) == start then
    local kind, target = string.match(field, '^(%S+) (.+)$')
    redis.call('HDEL', key, field)
    redis.call('HDEL', incident_key(target) .. ':linked', kind .. ' ' .. record.id)
    unindex(record, 'event:' .. target)
    if kind == 'parent' then set(record, 'parent', nil) end
    if arg(3) == '1' then touch(record, false) end
    local quoted = cjson.encode(target)
    tell(record, 'linked', cjson.encode('No longer ' .. string.gsub(kind, '_', ' ') .. ' ' .. target), 'internal',
      '{"kind":"' .. kind .. '","target":' .. quoted .. ',"removed":true}')
    local json = save(record)
    publish('incident.link.removed', '"incident_id":"' .. record.id .. '","incident":' .. json .. ',"link":' .. link)
    return { 'ok', record.version }
  end
end
return { 'no_link' }
