-- finish.lua: gives a claimed provider back, with what its poll left to remember.
-- KEYS[1] the namespace. Arguments: 1 name, 2 host, 3 the claim's token, 4 when to poll next in ms, 5 the state of polling (JSON),
--   6 the version of the settings that were polled.
-- Answers 1; 0 when the provider is gone or was registered anew meanwhile.

local base = KEYS[1] .. ':csp:'
local busy, key = base .. 'busy:' .. ARGV[2], base .. 'provider:' .. ARGV[1]
if redis.call('GET', busy) == ARGV[3] then redis.call('DEL', busy) end
if redis.call('HGET', key, 'version') ~= ARGV[6] then return 0 end
redis.call('HSET', key, 'poll', ARGV[5])
redis.call('ZADD', base .. 'due', 'XX', ARGV[4], ARGV[1])
return 1
