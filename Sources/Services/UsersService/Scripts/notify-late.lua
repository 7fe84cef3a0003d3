-- notify-late.lua: tells people what had to wait, the last thing that happened. Events: those of notice-record.lua.
-- Arguments: 1 seconds between two mails to a person about an incident, 2 how many at most. Answers: {'ok', how many}.
local asked = 0
for _, member in ipairs(redis.call('ZRANGEBYSCORE', notices_due, '-inf', now, 'LIMIT', 0, arg(2))) do
  local template, cause = string.match(redis.call('HGET', notices_late, member) or '', '^(%S+) (%S+)$')
  redis.call('ZREM', notices_due, member)
  redis.call('HDEL', notices_late, member)
  local id, incident = string.match(member, '^(%S+) (%S+)$')
  if template then
    cid = cause
    if tell(id, incident, template, arg(1)) then asked = asked + 1 end
  end
end
return { 'ok', asked }
