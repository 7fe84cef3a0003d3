-- component-state.lua: notes what the components' status has become. Event for each that differs: component.status.changed.
-- Arguments: 1 the revision all was computed from; then for each component: its key lower-cased, the status (plain), the cause (JSON
--   text, 'null' for none).
-- Answers: {'ok', how many changed}, {'stale'} when something differs from what it was computed from.

if (redis.call('GET', base .. 'revision') or '0') ~= arg(1) then return { 'stale' } end
local count = 0
for i = 2, #ARGV - 10, 3 do
  local record = component(arg(i))
  local status = '"' .. arg(i + 1) .. '"'
  if record and record.status ~= status then
    local old = record.status
    count = count + 1
    -- One member a change: seconds, a number that keeps it apart, which component, from what, to what.
    local member = table.concat({ now, count .. '.' .. arg(1), record.id, string.sub(old, 2, -2), arg(i + 1) }, ' ')
    redis.call('ZADD', base .. 'component-changes', now, member)
    record.status, record.since = status, tostring(now)
    save_component(record)
    publish('component.status.changed', '"component":{"key":' .. record.key .. ',"name":' .. record.name .. '},"from":' .. old
      .. ',"to":' .. status .. ',"cause":' .. arg(i + 2))
  end
end
redis.call('ZREMRANGEBYSCORE', base .. 'component-changes', '-inf', now - KEPT)
return { count > 0 and 'ok' or 'unchanged', count }
