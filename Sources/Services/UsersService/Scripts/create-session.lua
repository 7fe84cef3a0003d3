-- user, password version that was checked or '', session id, digest, life in seconds, address, agent -> ok | missing
-- At most 50 sessions a person: the oldest goes.
local user = load_user(arg(1))
if not user or user.state ~= 'working' or (arg(2) ~= '' and arg(2) ~= user.password_version) then return { 'missing' } end

local list = ns .. ':identity:sessions:' .. user.id
for _, digest in ipairs(redis.call('ZRANGE', list, 0, -1)) do
  if redis.call('EXISTS', session_key(digest)) == 0 then redis.call('ZREM', list, digest) end
end
while redis.call('ZCARD', list) >= 50 do
  local oldest = redis.call('ZPOPMIN', list)[1]
  redis.call('DEL', session_key(oldest))
end
redis.call('HSET', session_key(arg(4)), 'id', arg(3), 'user', user.id, 'created_at', string.format('%d', now),
  'expires_at', string.format('%d', now + tonumber(arg(5))), 'used_at', string.format('%d', now), 'address', arg(6), 'agent', arg(7))
redis.call('EXPIRE', session_key(arg(4)), arg(5))
redis.call('ZADD', list, now_ms, arg(4))
redis.call('EXPIRE', list, 2592000)
return { 'ok' }
