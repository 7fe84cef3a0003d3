-- Arguments: 1 id, 2 url, 3 origin, 4 events, 5 description (JSON texts), 6 format, 7 secret, 8 user id of the owner or '', 9 how many there
--   may be. Event: webhook.created. Answers: {'ok', json}, {'full'}.
if redis.call('ZCARD', WEBHOOKS) >= tonumber(arg(9)) then return { 'full' } end
local webhook = {
  id = arg(1), url = arg(2), origin = arg(3), events = arg(4), description = arg(5), format = arg(6), secret = arg(7), owner_id = arg(8),
  owner = actor, state = 'active', created_at = string.format('%d', now), rotated_at = 'null', failing_since = 'null', version = '0',
}
redis.call('ZADD', WEBHOOKS, now_ms, webhook.id)
save(webhook, 'webhook.created')
return { 'ok', webhook.json }
