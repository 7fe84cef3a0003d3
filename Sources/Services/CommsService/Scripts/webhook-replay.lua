-- Sends a delivery again, under the same id and with its whole schedule. Arguments: 1 webhook, 2 delivery. Event: webhook.replayed.
-- Answers: {'ok', json with attempts}, {'missing'}, {'queued'}, {'disabled'}.
local webhook, delivery = fields_of(webhook_key(arg(1))), fields_of(delivery_key(arg(2)))
if not webhook or not delivery or delivery.webhook ~= arg(1) then return { 'missing' } end
if redis.call('EXISTS', event_key(delivery.event_uuid)) == 0 then return { 'missing' } end
if delivery.state == 'queued' then return { 'queued' } end
if webhook.state == 'disabled' and delivery.test ~= '1' then return { 'disabled' } end

delivery.state, delivery.tries, delivery.finished_at = 'queued', '0', 'null'
queue(delivery, now_ms)
save_delivery(delivery)
publish('webhook.replayed', '"webhook":{"id":"' .. webhook.id .. '"},"delivery":' .. delivery.json)
local attempts = redis.call('LRANGE', delivery_key(delivery.id) .. ':attempts', 0, -1)
return { 'ok', string.sub(delivery.json, 1, -2) .. ',"attempts":[' .. table.concat(attempts, ',') .. ']}' }
