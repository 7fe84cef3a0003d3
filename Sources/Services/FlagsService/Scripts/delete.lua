-- delete.lua: removes a flag that no other needs. Its history stays for a while. Event: flag.changed.
-- Arguments: 1 id, 2 expected version or '', 3 the revision at which nothing needed it, 4 what differs (JSON object).
-- Answers: {'ok'}, {'missing'}, {'version', current}, {'moved'} when it has to be checked anew.

local id = arg(1)
local flag, refusal = begin(base .. 'flag:' .. id, arg(2))
if refusal then return refusal end
if arg(3) ~= revision() then return { 'moved' } end

redis.call('DEL', base .. 'flag:' .. id)
flag.version = tostring(tonumber(flag.version) + 1)
flag.on = 'false'
redis.call('HSET', base .. 'versions:' .. id, 'last', flag.version)
tell(id, flag, 'deleted', arg(4), removed('flag:' .. id))
redis.call('EXPIRE', base .. 'history:' .. id, AFTERLIFE)
redis.call('EXPIRE', base .. 'versions:' .. id, AFTERLIFE)
return { 'ok' }
