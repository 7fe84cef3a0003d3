-- mail-release.lua: queues the kept mails that are young enough, now that there is a server.
-- Arguments: 1 the oldest creation (ms), 2 how many at most. Answers: {'ok', id, …}.
local answer = { 'ok' }
for _, id in ipairs(redis.call('ZRANGEBYSCORE', mails .. ':kept', arg(1), '+inf', 'LIMIT', 0, arg(2))) do
  local mail = load_mail(id)
  if mail then
    mail.attempts = '0' -- keeping it was none
    save_mail(mail, 'queued', now_ms)
    answer[#answer + 1] = id
  else
    redis.call('ZREM', mails .. ':kept', id)
  end
end
return answer
