-- maintenance-create.lua: plans a maintenance; one whose start has come begins at once. Events: maintenance.scheduled, maintenance.started.
-- Arguments: 1 title, 2 message, 3 components (lower-cased, JSON array), 4 starts_at, 5 ends_at (JSON texts), 6 the most that are kept.
-- Answers: {'ok', version, json, id}, {'unknown', name} for a component there is not, {'full'}.

if redis.call('ZCOUNT', base .. 'maintenances', now, '+inf') >= tonumber(arg(6)) then return { 'full' } end
local keys, unknown = component_list(arg(3))
if unknown then return { 'unknown', unknown } end
local record = {
  id = 'MNT-' .. redis.call('INCR', base .. 'maintenance-count'), title = arg(1), message = arg(2), components = keys,
  starts_at = arg(4), ends_at = arg(5), status = '"scheduled"', created_at = tostring(now),
}
save_maintenance(record)
tell('scheduled', record)
begin_if_due(record)
plan(record)
return { 'ok', record.version, record.json, record.id }
