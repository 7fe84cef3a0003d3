-- delete-template.lua: deletes a template for updates. Event: template.deleted.
-- Arguments: 1 key, 2 expected version or ''. Answers: {'ok'}, {'missing'}, {'version', current}.

local base = ns .. ':incidents:'
local key = base .. 'template:' .. arg(1)
local saved = redis.call('HMGET', key, 'version', 'json')
if not saved[1] then return { 'missing' } end
if arg(2) ~= '' and arg(2) ~= saved[1] then return { 'version', saved[1] } end
redis.call('DEL', key)
redis.call('ZREM', base .. 'templates', arg(1))
publish('template.deleted', '"template":' .. saved[2])
return { 'ok' }
