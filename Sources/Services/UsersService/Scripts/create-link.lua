-- user, purpose, digest, life in seconds -> ok expires_at | missing
local user = load_user(arg(1))
if not user or user.state == 'suspended' then return { 'missing' } end
local key, ends = ns .. ':identity:link:' .. arg(3), string.format('%d', now + tonumber(arg(4)))
redis.call('HSET', key, 'user', user.id, 'purpose', arg(2), 'password_version', user.password_version, 'expires_at', ends)
redis.call('EXPIRE', key, arg(4))
return { 'ok', ends }
