-- name, appid, consumer key, key digest, scopes (with commas), strict, admin, expires_at or '' -> ok json | taken | full
-- At most 1,000 applications.
local name = arg(1)
if redis.call('EXISTS', application_key(name)) == 1 then return { 'taken' } end
if redis.call('ZCARD', ns .. ':identity:applications') >= 1000 then return { 'full' } end

local json = '{"name":"' .. name .. '","scopes":["' .. arg(5):gsub(',', '","') .. '"],"strict":' .. tostring(arg(6) == '1')
  .. ',"admin":' .. tostring(arg(7) == '1') .. ',"expires_at":' .. (arg(8) == '' and 'null' or arg(8))
  .. ',"created_at":' .. string.format('%d', now) .. ',"service":false}'
redis.call('HSET', application_key(name), 'name', name, 'scopes', arg(5), 'strict', arg(6), 'admin', arg(7), 'expires_at', arg(8),
  'service', '0', 'json', json)
redis.call('ZADD', ns .. ':identity:applications', now_ms, name)
set_secrets(name, arg(2), arg(3), arg(4))
publish('application.created', '"application":' .. json)
return { 'ok', json }
