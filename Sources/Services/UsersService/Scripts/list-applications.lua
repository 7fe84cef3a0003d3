-- Reads only. KEYS[1]: namespace; startIndex, maxResults -> total, {json, …}, oldest first
local ns, start, count = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local names = redis.call('ZRANGE', ns .. ':identity:applications', start, start + count - 1)
for i, name in ipairs(names) do names[i] = redis.call('HGET', ns .. ':identity:application:' .. name, 'json') end
return { redis.call('ZCARD', ns .. ':identity:applications'), names }
