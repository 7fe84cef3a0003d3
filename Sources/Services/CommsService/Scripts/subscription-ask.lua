-- subscription-ask.lua: somebody asks for mails to an address. Event: subscription.requested, when a mail to confirm goes out.
-- Arguments: 1 a new id, 2 email (JSON text), 3 the address in lower case, 4 components, 5 severities (JSON arrays), 6 language, 7 words,
--   8 a new mail's id, 9 seconds between two mails, 10 the most mails to confirm. Answers: {'ok'}, whether or not the address is known.
local known = redis.call('HGET', subscription_addresses, arg(3))
local found = known and load_subscription(known)
if not found then
  found = {
    id = arg(1), email = arg(2), address = arg(3), state = 'pending', words = arg(7), asked = '0', asked_at = '0', confirmed_at = 'null',
    created_at = string.format('%d', now), created_ms = string.format('%.0f', now_ms),
  }
  redis.call('HSET', subscription_addresses, found.address, found.id)
end
if found.state == 'pending' then found.components, found.severities, found.language = arg(4), arg(5), arg(6) end

local is_pending = found.state == 'pending'
local may_write = now - tonumber(found.asked_at) >= tonumber(arg(9)) and (not is_pending or tonumber(found.asked) < tonumber(arg(10)))
if may_write then
  found.asked_at = string.format('%d', now)
  if is_pending then
    found.asked = tostring(tonumber(found.asked) + 1)
    tell_subscription('subscription.requested', found)
  end
  save_mailing(arg(8), '{}')
  queue_mail(arg(8), arg(8), is_pending and 'subscription_confirm' or 'subscription_known', 'subscription:' .. found.id)
end
if is_pending or may_write then save_subscription(found) end
return { 'ok' }
