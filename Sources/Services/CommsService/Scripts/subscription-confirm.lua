-- subscription-confirm.lua: the link was followed. Event: subscription.confirmed, the first time.
-- Argument: 1 id. Answers: {'ok' or 'unchanged', json}, {'missing'}.
local found = load_subscription(arg(1))
if not found then return { 'missing' } end
if found.state == 'confirmed' then return { 'unchanged', found.json } end
found.state, found.confirmed_at = 'confirmed', string.format('%d', now)
save_subscription(found)
tell_subscription('subscription.confirmed', found)
return { 'ok', found.json }
