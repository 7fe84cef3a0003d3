-- mail -> ok, whether or not somebody has it
local id = redis.call('HGET', ns .. ':users:mails', arg(1))
local user = id and load_user(id)
if user and user.state ~= 'suspended' then request_mail('reset_password', user.id) end
return { 'ok' }
