-- component-update.lua: changes what a component says of itself. Event: component.updated, unless nothing differs.
-- Arguments: 1 the key lower-cased, 2 expected version or '', 3 name, 4 description, 5 group, 6 position, 7 show, 8 depends_on, 9 edges,
--   10 status_override (JSON texts; '' keeps, 'null' empties).
-- Answers: {'ok', version, json}, {'unchanged', version, json}, {'missing'}, {'version', current}, {'circle'}.

local record = component(arg(1))
if not record then return { 'missing' } end
if arg(2) ~= '' and arg(2) ~= record.version then return { 'version', record.version } end
if arg(9) ~= '' and closes_circle(record.id, arg(9)) then return { 'circle' } end
local changed = {}
for i, name in ipairs({ 'name', 'description', 'group', 'position', 'show', 'depends_on', 'edges', 'status_override' }) do
  local given = arg(i + 2)
  if given ~= '' and given ~= (record[name] or 'null') then
    if name ~= 'edges' then changed[#changed + 1] = '"' .. name .. '"' end
    record[name] = given ~= 'null' and given or nil
  end
end
if #changed == 0 then return { 'unchanged', record.version, redis.call('HGET', component_key(record.id), 'json') } end
record.version, record.updated_at = tostring(tonumber(record.version) + 1), tostring(now)
save_component(record)
publish('component.updated',
  '"component":{"key":' .. record.key .. ',"name":' .. record.name .. '},"changed":[' .. table.concat(changed, ',') .. ']')
return { 'ok', record.version, record.json }
