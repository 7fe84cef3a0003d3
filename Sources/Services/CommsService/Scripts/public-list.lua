-- public-list.lua: a page of the public incidents, the latest start first. Reads only.
-- Arguments: 1 how many to pass over, 2 how many at most, 3 the most announcements of each, 4 started at or after, 5 started at or before
--   (epoch seconds; '' for no bound).
-- Answers: {total, {record, announcement, …}, …}.

local low, high = ARGV[4] ~= '' and ARGV[4] or '-inf', ARGV[5] ~= '' and ARGV[5] or '+inf'
local answer = { redis.call('ZCOUNT', base .. 'public', low, high) }
for _, id in ipairs(redis.call('ZREVRANGEBYSCORE', base .. 'public', high, low, 'LIMIT', ARGV[1], ARGV[2])) do
  answer[#answer + 1] = public_incident(id, tonumber(ARGV[3]))
end
return answer
