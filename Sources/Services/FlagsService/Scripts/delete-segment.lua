-- delete-segment.lua: removes a segment that no flag names. Event: flag.segment.changed.
-- Arguments: 1 name, 2 expected version or '', 3 the revision at which no flag named it.
-- Answers: {'ok'}, {'missing'}, {'version', current}, {'moved'} when it has to be checked anew.

local name = arg(1)
local key = base .. 'segment:' .. name
local segment, refusal = begin(key, arg(2))
if refusal then return refusal end
if arg(3) ~= revision() then return { 'moved' } end

redis.call('DEL', key)
publish('flag.segment.changed', '"segment":"' .. name .. '","version":' .. segment.version .. ',"change":"deleted","revision":'
  .. removed('segment:' .. name))
return { 'ok' }
