-- list-items.lua: a page of the action items of an index, the soonest due first. Reads only.
-- KEYS[1] the namespace. Arguments: 1 the index, such as items:open, 2 how many to pass over, 3 how many to answer at most,
--   4 the latest due_at, as ZRANGEBYSCORE takes it.
-- Answers: {total, item, …}.

local base = KEYS[1] .. ':incidents:'
local answer = { redis.call('ZCOUNT', base .. ARGV[1], '-inf', ARGV[4]) }
for _, id in ipairs(redis.call('ZRANGEBYSCORE', base .. ARGV[1], '-inf', ARGV[4], 'LIMIT', ARGV[2], ARGV[3])) do
  local incident = string.match(id, '^(.+)%-%d+$')
  local key = base .. 'incident:' .. incident
  local item = cmsgpack.unpack(redis.call('HGET', key .. ':items', id))
  answer[#answer + 1] = '{"id":"' .. id .. '","incident_id":"' .. incident .. '","incident_title":' .. redis.call('HGET', key, 'title')
    .. ',"title":' .. item.title .. ',"owner":' .. item.owner .. ',"due_at":' .. item.due_at .. ',"done":' .. item.done .. '}'
end
return answer
