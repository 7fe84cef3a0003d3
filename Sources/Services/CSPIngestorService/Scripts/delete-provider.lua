-- delete-provider.lua: forgets a provider with its events. Event: csp.provider.deleted.
-- Arguments: 1 name. Answers: {'ok'}, {'missing'}.

local key = base .. 'provider:' .. arg(1)
if redis.call('EXISTS', key) == 0 then return { 'missing' } end
for _, id in ipairs(redis.call('ZRANGE', base .. 'from:' .. arg(1), 0, -1)) do forget(arg(1), id) end
redis.call('DEL', key, base .. 'reports:' .. arg(1), base .. 'reporters:' .. arg(1))
redis.call('ZREM', base .. 'providers', arg(1))
redis.call('ZREM', base .. 'due', arg(1))
publish('csp.provider.deleted', '"provider":{"name":' .. cjson.encode(arg(1)) .. '}')
return { 'ok' }
