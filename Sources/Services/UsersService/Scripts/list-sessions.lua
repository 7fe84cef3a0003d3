-- Reads only. KEYS[1]: namespace; user, now -> {{id, created_at, expires_at, used_at, address, agent}, …}, newest first
local ns, now, live = KEYS[1], tonumber(ARGV[2]), {}
for _, digest in ipairs(redis.call('ZREVRANGE', ns .. ':identity:sessions:' .. ARGV[1], 0, -1)) do
  local session = redis.call('HMGET', ns .. ':identity:session:' .. digest, 'id', 'created_at', 'expires_at', 'used_at', 'address', 'agent')
  if session[1] and tonumber(session[3]) > now and tonumber(session[4]) + 604800 > now then live[#live + 1] = session end
end
return live
