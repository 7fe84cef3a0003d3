-- KEYS[1]: namespace; service, candidate appid, 'configured' or 'candidate', now (ms) -> the appid that counts
-- Of many replicas starting at once, one candidate is kept.
local ns, name = KEYS[1], ARGV[1]
local key = ns .. ':identity:application:' .. name
local appid = redis.call('HGET', key, 'appid')
if appid and ARGV[3] == 'candidate' then return appid end
local created = string.format('%d', math.floor(tonumber(ARGV[4]) / 1000))
redis.call('HSET', key, 'name', name, 'appid', ARGV[2], 'scopes', 'read,write,alerts,flags,traffic', 'strict', '1', 'admin', '0',
  'expires_at', '', 'service', '1', 'json', '{"name":"' .. name .. '","scopes":["read","write","alerts","flags","traffic"],'
  .. '"strict":true,"admin":false,"expires_at":null,"created_at":' .. created .. ',"service":true}')
redis.call('ZADD', ns .. ':identity:applications', 'NX', ARGV[4], name)
return ARGV[2]
