-- component-delete.lua: removes a component; what depends on it then depends on a name nobody has. Event: component.deleted.
-- Arguments: 1 the key lower-cased, 2 expected version or ''.
-- Answers: {'ok'}, {'missing'}, {'version', current}.

local record = component(arg(1))
if not record then return { 'missing' } end
if arg(2) ~= '' and arg(2) ~= record.version then return { 'version', record.version } end
redis.call('DEL', component_key(record.id))
redis.call('HDEL', base .. 'components', record.id)
revise()
publish('component.deleted', '"component":{"key":' .. record.key .. ',"name":' .. record.name .. '}')
return { 'ok' }
