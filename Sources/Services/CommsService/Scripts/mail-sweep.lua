-- mail-sweep.lua: takes expired mails out of the indexes. Argument: 1 how many at most. Answers: {'ok', how many}.
local old = redis.call('ZRANGEBYSCORE', mails, '-inf', string.format('%.0f', now_ms - MAIL_LIFE * 1000), 'LIMIT', 0, arg(1))
local swept = 0
for _, id in ipairs(old) do
  if not load_mail(id) then
    redis.call('ZREM', mails, id)
    for _, state in ipairs({ 'queued', 'sent', 'failed', 'kept' }) do redis.call('ZREM', mails .. ':' .. state, id) end
    for _, queue in ipairs({ 'mail-queue', 'call-queue' }) do redis.call('ZREM', ns .. ':comms:' .. queue, id) end
    swept = swept + 1
  end
end
return { 'ok', swept }
