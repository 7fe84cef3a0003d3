-- component-create.lua: adds a component. Event: component.created.
-- Arguments: 1 the key lower-cased, 2 key, 3 name, 4 description, 5 group, 6 position ('' = last), 7 show, 8 depends_on, 9 edges,
--   10 status_override (JSON texts; '' for null), 11 the most components.
-- Answers: {'ok', version, json}, {'exists'}, {'circle'}, {'full'}.

local id = arg(1)
if component(id) then return { 'exists' } end
local count = redis.call('HLEN', base .. 'components')
if count >= tonumber(arg(11)) then return { 'full' } end
if closes_circle(id, arg(9)) then return { 'circle' } end
local record = {
  id = id, key = arg(2), name = arg(3), description = arg(4), group = arg(5) ~= '' and arg(5) or nil,
  position = arg(6) ~= '' and arg(6) or tostring(count + 1), show = arg(7), depends_on = arg(8), edges = arg(9),
  status_override = arg(10) ~= '' and arg(10) or nil, version = '1', created_at = tostring(now), updated_at = tostring(now),
  status = '"operational"', since = tostring(now),
}
redis.call('HSET', base .. 'components', id, string.sub(record.key, 2, -2))
save_component(record)
publish('component.created', '"component":{"key":' .. record.key .. ',"name":' .. record.name .. '}')
return { 'ok', record.version, record.json }
