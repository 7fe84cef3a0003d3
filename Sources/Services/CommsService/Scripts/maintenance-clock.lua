-- maintenance-clock.lua: does what the plan has for now, each once in the cluster, whoever calls. A reminder that comes when the next one,
-- or the start, is due too is left out. Events: maintenance.reminder, maintenance.started, maintenance.ended.
-- Arguments: 1 the most steps.
-- Answers: {'ok', steps done}, {'unchanged', 0}.

local due = redis.call('ZRANGEBYSCORE', base .. 'maintenance-due', '-inf', now, 'LIMIT', 0, arg(1))
for _, member in ipairs(due) do
  redis.call('ZREM', base .. 'maintenance-due', member)
  local id, step = string.match(member, '^(%S+) (%S+)$')
  local record = maintenance(id)
  if record and step == 'start' then
    begin_if_due(record)
  elseif record and step == 'end' and record.status ~= '"completed"' then
    begin_if_due(record)
    record.status = '"completed"'
    save_maintenance(record)
    tell('ended', record)
  elseif record and REMINDERS[step] then
    local next = step == '24h' and tonumber(record.starts_at) - REMINDERS['1h'] or tonumber(record.starts_at)
    if now < next then tell('reminder', record, ',"before":"' .. step .. '"') end
  end
end
-- What was over long ago is forgotten.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', base .. 'maintenances', '-inf', now - KEPT, 'LIMIT', 0, arg(1))) do
  redis.call('DEL', maintenance_key(id))
  redis.call('ZREM', base .. 'maintenances', id)
end
return { #due > 0 and 'ok' or 'unchanged', #due }
