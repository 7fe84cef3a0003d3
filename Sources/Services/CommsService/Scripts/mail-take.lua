-- mail-take.lua: leases the mail that has been due longest; nobody else gets it until the lease ends.
-- Arguments: 1 the lease in ms, 2 the queue. Answers: {'ok', id, template, to, attempts, created_at, cid, mailing (JSON or '')}, {'none'}.
local queue = ns .. ':comms:' .. arg(2)
while true do
  local id = redis.call('ZRANGEBYSCORE', queue, '-inf', string.format('%.0f', now_ms), 'LIMIT', 0, 1)[1]
  if not id then return { 'none' } end
  local mail = load_mail(id)
  if mail then
    redis.call('ZADD', queue, string.format('%.0f', now_ms + tonumber(arg(1))), id)
    local said = redis.call('GET', mailing_key(mail.mailing)) or ''
    return { 'ok', id, mail.template, mail.to, mail.attempts, mail.created_at, mail.cid, said }
  end
  redis.call('ZREM', queue, id)
end
