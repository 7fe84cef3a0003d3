-- maintenance-update.lua: changes a maintenance that is not over; a new start in the future makes one that runs wait again.
-- Event: maintenance.updated, unless nothing differs; maintenance.started when its start has come.
-- Arguments: 1 id, 2 expected version or '', 3 title, 4 message, 5 components (lower-cased, JSON array), 6 starts_at, 7 ends_at
--   (JSON texts; '' keeps).
-- Answers: {'ok', version, json}, {'unchanged', version, json}, {'missing'}, {'version', current}, {'over'}, {'times'}, {'unknown', name}.

local record = maintenance(arg(1))
if not record then return { 'missing' } end
if arg(2) ~= '' and arg(2) ~= record.version then return { 'version', record.version } end
if record.status == '"completed"' then return { 'over' } end
local keys = ''
if arg(5) ~= '' then
  local unknown
  keys, unknown = component_list(arg(5))
  if unknown then return { 'unknown', unknown } end
end
local changed = {}
for name, given in pairs({ title = arg(3), message = arg(4), components = keys, starts_at = arg(6), ends_at = arg(7) }) do
  if given ~= '' and given ~= record[name] then
    changed[#changed + 1] = '"' .. name .. '"'
    record[name] = given
  end
end
if #changed == 0 then return { 'unchanged', record.version, redis.call('HGET', maintenance_key(record.id), 'json') } end
if tonumber(record.ends_at) <= tonumber(record.starts_at) or tonumber(record.ends_at) <= now then return { 'times' } end
table.sort(changed)
if tonumber(record.starts_at) > now then record.status = '"scheduled"' end
save_maintenance(record)
tell('updated', record, ',"changed":[' .. table.concat(changed, ',') .. ']')
begin_if_due(record)
plan(record)
return { 'ok', record.version, record.json }
