-- save-segment.lua: makes a segment, or replaces it. Event: flag.segment.changed, unless nothing differs.
-- Arguments: 1 name, 2 expected version or '', 3 its other members (JSON members without braces), 4 the most flags and segments.
-- Answers: {'ok', version, json, 'created' or ''}, {'unchanged', version, json, ''}, {'version', current}, {'full'}.

local name = arg(1)
local key = base .. 'segment:' .. name
local segment, refusal = begin(key, arg(2))
if refusal and refusal[1] == 'version' then return refusal end
if not segment and redis.call('ZCARD', base .. 'changes') >= tonumber(arg(4)) then return { 'full' } end
if segment and segment.body == arg(3) then return { 'unchanged', segment.version, segment.json, '' } end

local version = tostring(tonumber(segment and segment.version or '0') + 1)
local created_at = segment and segment.created_at or tostring(now)
local json = '{"name":"' .. name .. '",' .. arg(3) .. stamp(version, created_at)
redis.call('HSET', key, 'version', version, 'body', arg(3), 'created_at', created_at, 'json', json)
publish('flag.segment.changed', '"segment":"' .. name .. '","version":' .. version .. ',"change":"'
  .. (segment and 'updated' or 'created') .. '","revision":' .. changed('segment:' .. name))
return { 'ok', version, json, segment and '' or 'created' }
