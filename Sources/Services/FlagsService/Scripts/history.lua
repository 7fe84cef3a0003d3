-- history.lua: a page of a flag's history, newest first; a deleted flag has one for a while. Reads only.
-- KEYS[1] the namespace. Arguments: 1 id, 2 how many to pass over, 3 how many at most.
-- Answers: {total, entry, …}; {0} when there never was such a flag.

local key = KEYS[1] .. ':flags:history:' .. ARGV[1]
local total = redis.call('LLEN', key)
local last = total - 1 - ARGV[2]
if last < 0 then return { total } end
local page = redis.call('LRANGE', key, math.max(0, last - ARGV[3] + 1), last)
local answer = { total }
for i = #page, 1, -1 do answer[#answer + 1] = page[i] end
return answer
