-- load.lua: what has changed since a revision. Reads only.
-- KEYS[1] the namespace. Arguments: 1 the revision that is known, 0 for none.
-- Answers: {revision, '1' when what follows is all there is, else '0', then for each record its member (flag:<id>, segment:<name>) and
--   its json}.

local base = KEYS[1] .. ':flags:'
local known = tonumber(ARGV[1])
local revision = tonumber(redis.call('GET', base .. 'revision') or '0')
local floor = tonumber(redis.call('GET', base .. 'floor') or '0')
local all = known == 0 or known < floor or known > revision
if known == revision and not all then return { revision, '0' } end

local answer = { revision, all and '1' or '0' }
for _, member in ipairs(redis.call('ZRANGEBYSCORE', base .. 'changes', all and '-inf' or '(' .. known, '+inf')) do
  answer[#answer + 1] = member
  answer[#answer + 1] = redis.call('HGET', base .. member, 'json')
end
return answer
