-- delete-provider.lua: forgets a provider with its events. Incidents that have to hear of their end stay in `partings`. Event:
-- csp.provider.deleted.
-- Arguments: 1 name. Answers: {'ok'}, {'missing'}.

local key = base .. 'provider:' .. arg(1)
if redis.call('EXISTS', key) == 0 then return { 'missing' } end
for _, id in ipairs(redis.call('ZRANGE', base .. 'from:' .. arg(1), 0, -1)) do
  local event = cjson.decode(redis.call('HGET', base .. 'event:' .. id, 'memo') or '{}')
  local is_open = redis.call('ZSCORE', base .. 'active:' .. arg(1), id)
  if type(event.incident) == 'string' and (is_open or not event.is_told) then
    redis.call('ZADD', base .. 'partings', now_ms, event.incident .. ' ' .. cid .. ' ' .. id)
  end
  forget(arg(1), id)
end
redis.call('DEL', key, base .. 'reports:' .. arg(1), base .. 'reporters:' .. arg(1))
redis.call('ZREM', base .. 'providers', arg(1))
redis.call('ZREM', base .. 'due', arg(1))
publish('csp.provider.deleted', '"provider":{"name":' .. cjson.encode(arg(1)) .. '}')
return { 'ok' }
