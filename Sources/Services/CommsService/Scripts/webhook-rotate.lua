-- Arguments: 1 id, 2 expected version or '', 3 new secret, 4 how long the old one signs too (s). Event: webhook.updated.
-- Answers: {'ok', version, json}, {'missing'}, {'version', current}.
local webhook, refusal = begin()
if refusal then return refusal end
webhook.old_secret, webhook.secret = webhook.secret, arg(3)
webhook.old_secret_until = string.format('%d', now + tonumber(arg(4)))
webhook.rotated_at = string.format('%d', now)
save(webhook, 'webhook.updated', '["secret"]')
return { 'ok', webhook.version, webhook.json }
