-- Reads only. KEYS[1]: namespace; 'consumers' or 'keys', consumer key or digest -> {name, appid, scopes, strict, admin, expires_at} | {}
local name = redis.call('HGET', KEYS[1] .. ':identity:' .. ARGV[1], ARGV[2])
if not name then return {} end
return redis.call('HMGET', KEYS[1] .. ':identity:application:' .. name, 'name', 'appid', 'scopes', 'strict', 'admin', 'expires_at')
