-- provider-event.lua: keeps what a provider says of itself while it lasts. Nothing is published: component.status.changed tells of what
-- follows from it.
-- Arguments: 1 provider and event id, 2 when it was told (ISO 8601), 3 the event (JSON text; '' when it is over).
-- Answers: {'ok'}, {'unchanged'} when something later is known.

local known = redis.call('HGET', base .. 'provider-told', arg(1))
if known and known >= arg(2) then return { 'unchanged' } end
redis.call('HSET', base .. 'provider-told', arg(1), arg(2))
if arg(3) ~= '' then
  redis.call('HSET', base .. 'provider-events', arg(1), arg(3))
  redis.call('ZREM', base .. 'provider-over', arg(1))
else
  redis.call('HDEL', base .. 'provider-events', arg(1))
  redis.call('ZADD', base .. 'provider-over', now, arg(1))
end
-- A day after its end nothing late can come.
for _, name in ipairs(redis.call('ZRANGEBYSCORE', base .. 'provider-over', '-inf', now - 86400, 'LIMIT', 0, 20)) do
  redis.call('HDEL', base .. 'provider-told', name)
  redis.call('ZREM', base .. 'provider-over', name)
end
revise()
return { 'ok' }
