-- release.lua: gives a lock back, unless it has become somebody else's.
-- KEYS[1] the lock. Arguments: 1 the token. Answers 1, or 0.

if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
