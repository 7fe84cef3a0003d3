-- maintenance-delete.lua: calls a maintenance off, or ends one early, and removes it. Event: maintenance.cancelled.
-- Arguments: 1 id, 2 expected version or ''.
-- Answers: {'ok'}, {'missing'}, {'version', current}.

local record = maintenance(arg(1))
if not record then return { 'missing' } end
if arg(2) ~= '' and arg(2) ~= record.version then return { 'version', record.version } end
unplan(record.id)
redis.call('DEL', maintenance_key(record.id))
redis.call('ZREM', base .. 'maintenances', record.id)
revise()
tell('cancelled', record)
return { 'ok' }
