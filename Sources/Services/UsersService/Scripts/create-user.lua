-- id, name, email, mail, role, team, team_key, language, notify, state, password, name_words, mail_words, team_words,
-- mail template or '', '' or 'first' (only while there is no admin)
-- -> ok json | taken | exists
local first = arg(16) == 'first'
if first and redis.call('SCARD', ns .. ':users:admins') > 0 then return { 'exists' } end
if redis.call('HSETNX', ns .. ':users:mails', arg(4), arg(1)) == 0 then return { 'taken' } end

local user = {
  id = arg(1), name = arg(2), email = arg(3), mail = arg(4), role = arg(5), team = arg(6), team_key = arg(7),
  language = arg(8), notify = arg(9), state = arg(10), password = arg(11), password_version = arg(11) == '' and '0' or '1',
  name_words = arg(12), mail_words = arg(13), team_words = arg(14),
  created_at = string.format('%d', now), created_ms = string.format('%d', now_ms),
}
save_user(user, {})
if first then redis.call('SET', ns .. ':users:first-admin', user.id) end
publish('user.created', '"user":' .. user.json)
if arg(15) ~= '' then request_mail(arg(15), user.id) end
return { 'ok', user.json }
