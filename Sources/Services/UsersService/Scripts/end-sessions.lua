-- user, 'one' or 'others', session id -> ok count
if arg(2) == 'others' then return { 'ok', end_sessions(arg(1), arg(3)) } end
local list = ns .. ':identity:sessions:' .. arg(1)
for _, digest in ipairs(redis.call('ZRANGE', list, 0, -1)) do
  if redis.call('HGET', session_key(digest), 'id') == arg(3) then
    redis.call('ZREM', list, digest)
    return { 'ok', redis.call('DEL', session_key(digest)) }
  end
end
return { 'ok', 0 }
