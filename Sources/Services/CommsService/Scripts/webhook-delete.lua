-- Arguments: 1 id, 2 expected version or ''. What was not yet sent is not sent. Event: webhook.deleted.
-- Answers: {'ok'}, {'missing'}, {'version', current}.
local webhook, refusal = begin()
if refusal then return refusal end
local key = webhook_key(webhook.id)
for _, id in ipairs(redis.call('ZRANGE', key .. ':deliveries', 0, -1)) do
  redis.call('UNLINK', delivery_key(id), delivery_key(id) .. ':attempts')
end
redis.call('UNLINK', key, key .. ':deliveries', key .. ':due')
redis.call('ZREM', WEBHOOKS, webhook.id)
redis.call('ZREM', DUE, webhook.id)
publish('webhook.deleted', '"webhook":' .. shown(webhook, 'origin'))
return { 'ok' }
