-- Makes a delivery of an event for each endpoint that has none yet: {'ok', id, json} of the last one, {'unchanged'}, or {'missing'}.
-- Arguments: 1 event uuid, 2 event name, 3 cid (JSON text), 4 '1' for a test (of one endpoint), 5 how long all is kept (s), 6 how many an
--   endpoint may have, then four times format and body, then the endpoints. Event: webhook.tested, for a test.
local uuid, test, retention, most = arg(1), arg(4), tonumber(arg(5)), tonumber(arg(6))

local function forget(key, ids)
  for _, id in ipairs(ids) do
    redis.call('UNLINK', delivery_key(id), delivery_key(id) .. ':attempts')
    redis.call('ZREM', key .. ':deliveries', id)
    redis.call('ZREM', key .. ':due', id)
  end
end

local delivery
local i = 15
while arg(i) do
  local key = webhook_key(arg(i))
  local id = 'msg_' .. string.sub(redis.sha1hex(uuid .. ':' .. arg(i)), 1, 32)
  local webhook = redis.call('HMGET', key, 'state', 'format')
  local is_called = webhook[1] and (webhook[1] ~= 'disabled' or test == '1')
  if is_called and redis.call('EXISTS', delivery_key(id)) == 0 then
    delivery = {
      id = id, webhook = arg(i), event = arg(2), event_uuid = uuid, cid = arg(3), format = webhook[2], test = test, state = 'queued',
      tries = '0', created_at = string.format('%d', now), finished_at = 'null',
    }
    queue(delivery, now_ms)
    save_delivery(delivery, retention)
    redis.call('ZADD', key .. ':deliveries', now_ms, id)
    forget(key, redis.call('ZRANGEBYSCORE', key .. ':deliveries', '-inf', now_ms - retention * 1000))
    forget(key, redis.call('ZRANGE', key .. ':deliveries', 0, -most - 1))
  end
  i = i + 1
end
if not delivery then return { test == '1' and 'missing' or 'unchanged' } end

redis.call('HSET', event_key(uuid), arg(7), arg(8), arg(9), arg(10), arg(11), arg(12), arg(13), arg(14))
redis.call('EXPIRE', event_key(uuid), retention)
if test == '1' then publish('webhook.tested', '"webhook":{"id":"' .. delivery.webhook .. '"},"delivery":' .. delivery.json) end
return { 'ok', delivery.id, delivery.json }
