-- webhook-delivery.lua: what the mutations of deliveries share.
local function event_key(uuid) return ns .. ':comms:webhook-event:' .. uuid end

local function save_delivery(delivery, retention)
  delivery.json = '{"id":"' .. delivery.id
    .. '","webhook_id":"' .. delivery.webhook
    .. '","event":"' .. delivery.event
    .. '","event_uuid":"' .. delivery.event_uuid
    .. '","cid":' .. delivery.cid
    .. ',"state":"' .. delivery.state
    .. '","tries":' .. delivery.tries
    .. ',"created_at":' .. delivery.created_at
    .. ',"next_at":' .. delivery.next_at
    .. ',"finished_at":' .. delivery.finished_at .. '}'
  write(delivery_key(delivery.id), delivery)
  if retention then redis.call('EXPIRE', delivery_key(delivery.id), retention) end
end

-- Puts the delivery into its endpoint's queue for `at` (ms). While a sender has the endpoint, it looks into the queue when it is done.
local function queue(delivery, at)
  delivery.next_at = string.format('%d', math.floor(at / 1000))
  local key = webhook_key(delivery.webhook)
  redis.call('ZADD', key .. ':due', at, delivery.id)
  if redis.call('HEXISTS', key, 'sender') == 0 then redis.call('ZADD', DUE, 'LT', at, delivery.webhook) end
end

local function finish(delivery, state)
  delivery.state, delivery.next_at, delivery.finished_at = state, 'null', string.format('%d', now)
  redis.call('ZREM', webhook_key(delivery.webhook) .. ':due', delivery.id)
end

-- When the endpoint is next to be called.
local function schedule(id)
  local first = redis.call('ZRANGE', webhook_key(id) .. ':due', 0, 0, 'WITHSCORES')
  if #first == 0 then redis.call('ZREM', DUE, id) else redis.call('ZADD', DUE, first[2], id) end
end
