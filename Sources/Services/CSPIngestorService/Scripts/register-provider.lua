-- register-provider.lua: keeps a provider's settings; the same name again replaces them. Event: csp.provider.registered or .updated.
-- Arguments: 1 name, 2 settings (JSON), 3 host, 4 when to poll first in ms, 5 the most providers, 6 '1': leave one that is there as it is,
--   7 the settings as they go on the bus.
-- Answers: {'ok', version}, {'updated', version}, {'existing', version}, {'full'}.

local base = ns .. ':csp:'
local key = base .. 'provider:' .. arg(1)
local version = redis.call('HGET', key, 'version')
if version and arg(6) == '1' then return { 'existing', version } end
if not version then
  if redis.call('ZCARD', base .. 'providers') >= tonumber(arg(5)) then return { 'full' } end
  redis.call('ZADD', base .. 'providers', now_ms, arg(1))
  redis.call('HSET', key, 'created_at', now, 'generation', 0)
end
redis.call('HSET', key, 'settings', arg(2), 'host', arg(3))
redis.call('HDEL', key, 'poll')
redis.call('ZADD', base .. 'due', arg(4), arg(1))
local new = redis.call('HINCRBY', key, 'version', 1)
publish(version and 'csp.provider.updated' or 'csp.provider.registered', '"provider":' .. arg(7))
return { version and 'updated' or 'ok', new }
