-- Writes down an attempt and what follows from it, and gives the lease back.
-- Arguments: 1 webhook, 2 delivery, 3 name of the lease, 4 delivered, retry, failed or gone, 5 ms until a retry, 6 the attempt (JSON),
--   7 how many attempts are kept, 8 how long (s).
-- Events: webhook.failing with request.comms.mail.send, webhook.recovered, webhook.disabled. Answers: {'ok'}, {'lost'}.
local webhook = fields_of(webhook_key(arg(1)))
if not webhook or webhook.sender ~= arg(3) then return { 'lost' } end
redis.call('HDEL', webhook_key(webhook.id), 'sender')
webhook.sender = nil

local function tell_owner()
  if webhook.owner_id == '' then return end
  publish('request.comms.mail.send', '"template":"webhook_failing","user_id":"' .. webhook.owner_id .. '","webhook_id":"' .. webhook.id .. '"')
end

local delivery, verdict = fields_of(delivery_key(arg(2))), arg(4)
if delivery then
  local attempts = delivery_key(delivery.id) .. ':attempts'
  redis.call('RPUSH', attempts, arg(6))
  redis.call('LTRIM', attempts, -tonumber(arg(7)), -1)
  redis.call('EXPIRE', attempts, arg(8))
  delivery.tries = string.format('%d', tonumber(delivery.tries) + 1)
  if verdict == 'retry' then
    queue(delivery, now_ms + tonumber(arg(5)))
  else
    finish(delivery, verdict == 'delivered' and 'delivered' or 'failed')
  end
  save_delivery(delivery)

  if verdict == 'delivered' and webhook.state == 'failing' then
    webhook.state, webhook.failing_since = 'active', 'null'
    save(webhook, 'webhook.recovered')
  elseif verdict == 'failed' and webhook.state == 'active' and delivery.test ~= '1' then
    webhook.state, webhook.failing_since = 'failing', string.format('%d', now)
    save(webhook, 'webhook.failing')
    tell_owner()
  elseif verdict == 'gone' and webhook.state ~= 'disabled' then
    webhook.state = 'disabled'
    save(webhook, 'webhook.disabled')
    tell_owner()
  end
end
schedule(webhook.id)
return { 'ok' }
