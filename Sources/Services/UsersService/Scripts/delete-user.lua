-- id, expected version or '' -> ok first|kept | missing | stale version | last_admin
-- What stays is the name, for the timelines it stands on.
local user = load_user(arg(1))
if not user then return { 'missing' } end
if arg(2) ~= '' and arg(2) ~= user.version then return { 'stale', user.version } end
if is_last_admin(user) then return { 'last_admin' } end

end_sessions(user.id, '')
for key in pairs(index_keys(user)) do redis.call('ZREM', key, user.id) end
redis.call('SREM', ns .. ':users:admins', user.id)
redis.call('HDEL', ns .. ':users:mails', user.mail)
redis.call('DEL', user_key(user.id), profile_key(user.id), picture_key(user.id))
redis.call('HSET', user_key(user.id), 'id', user.id, 'name', user.name, 'deleted_at', string.format('%d', now))
publish('user.deleted', '"user":{"id":"' .. user.id .. '","name":' .. user.name .. '}')
return { 'ok', forget_first_admin(user.id) }
