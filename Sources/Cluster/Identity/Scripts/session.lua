-- KEYS[1]: namespace; digest, now, address or '', agent -> {user json, session id} | {}
-- The use of a session is recorded at most once a minute. It ends after 7 days without use.
local ns, now = KEYS[1], tonumber(ARGV[2])
local key = ns .. ':identity:session:' .. ARGV[1]
local session = redis.call('HMGET', key, 'user', 'id', 'expires_at', 'used_at')
if not session[1] or tonumber(session[3]) <= now or tonumber(session[4]) + 604800 <= now then return {} end
local user = redis.call('HMGET', ns .. ':users:user:' .. session[1], 'json', 'state')
if not user[1] or user[2] ~= 'working' then return {} end
if tonumber(session[4]) + 60 <= now then
  redis.call('HSET', key, 'used_at', ARGV[2])
  if ARGV[3] ~= '' then redis.call('HSET', key, 'address', ARGV[3], 'agent', ARGV[4]) end
end
return { user[1], session[2] }
