-- How the worker groups do. Comes after bus-groups.lua.
-- KEYS[1] namespace
-- Answers for each {name, lag ('' when not known), pending, retrying, dead, missed, names of the replicas that live…}.
local answer = {}
local newest = redis.call('EXISTS', bus) == 1 and named(redis.call('XINFO', 'STREAM', bus))['last-generated-id']
for _, group in ipairs(groups_of(bus)) do
  local name = group.name
  local again = groups_of(bus .. ':retry:' .. name)[1]
  local one = {
    name, group['last-delivered-id'] == newest and 0 or group.lag or '', group.pending + (again and again.pending or 0), redis.call('ZCARD', bus .. ':deferred:' .. name),
    redis.call('ZCARD', bus .. ':dead:' .. name), redis.call('HGET', bus .. ':gaps', name) or '0',
  }
  for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', bus, name)) do
    if is_alive(name, consumer[2]) then one[#one + 1] = consumer[2] end
  end
  answer[#answer + 1] = one
end
answer[#answer + 1] = { 'invalid', 0, 0, 0, redis.call('ZCARD', bus .. ':dead:invalid'), '0' }
return answer
