-- subscription-sweep.lua: forgets who never confirmed. Event: subscription.ended, for each.
-- Arguments: 1 how long a pending one is kept after the last mail (s), 2 how many are looked at, oldest first. Answers: {'ok', how many}.
local ended = 0
for _, id in ipairs(redis.call('ZRANGE', subscriptions .. ':pending', 0, arg(2) - 1)) do
  local found = load_subscription(id)
  if found and now - tonumber(found.asked_at) > tonumber(arg(1)) then
    remove_subscription(found)
    tell_subscription('subscription.ended', found)
    ended = ended + 1
  end
end
return { 'ok', ended }
