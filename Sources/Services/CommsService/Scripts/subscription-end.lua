-- subscription-end.lua: forgets a subscription and its address. Event: subscription.ended. Argument: 1 id. Answers: {'ok'}, {'missing'}.
local found = load_subscription(arg(1))
if not found then return { 'missing' } end
remove_subscription(found)
tell_subscription('subscription.ended', found)
return { 'ok' }
