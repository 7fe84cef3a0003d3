-- Gives a sender the lease of endpoints that have a delivery due. Arguments: 1 name of the lease, 2 its length (ms), 3 how many at most.
-- Answers: {{webhook, delivery, url, secret, old secret or '', event, cid (JSON), body, {tries, '1' for a test}}, …}.
local CANCELLED = 100 -- deliveries of a disabled endpoint, at one go

-- The delivery to send now; those that nobody is to get any more are cancelled on the way.
local function next_delivery(webhook)
  local queued = webhook_key(webhook.id) .. ':due'
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', queued, '-inf', now_ms, 'LIMIT', 0, CANCELLED)) do
    local delivery = fields_of(delivery_key(id))
    local body = delivery and redis.call('HGET', event_key(delivery.event_uuid), delivery.format)
    if not body then
      redis.call('ZREM', queued, id)
    elseif webhook.state == 'disabled' and delivery.test ~= '1' then
      finish(delivery, 'cancelled')
      save_delivery(delivery)
    else
      return delivery, body
    end
  end
end

local jobs = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', DUE, '-inf', now_ms, 'LIMIT', 0, tonumber(arg(3)))) do
  local webhook = fields_of(webhook_key(id))
  local delivery, body
  if webhook then delivery, body = next_delivery(webhook) end
  if delivery then
    redis.call('HSET', webhook_key(id), 'sender', arg(1))
    redis.call('ZADD', DUE, now_ms + tonumber(arg(2)), id)
    local is_rotated = webhook.old_secret_until and now < tonumber(webhook.old_secret_until)
    jobs[#jobs + 1] = {
      id, delivery.id, webhook.url, webhook.secret, is_rotated and webhook.old_secret or '', delivery.event, delivery.cid, body,
      { delivery.tries, delivery.test },
    }
  else
    if webhook then redis.call('HDEL', webhook_key(id), 'sender') end
    schedule(id)
  end
end
return jobs
