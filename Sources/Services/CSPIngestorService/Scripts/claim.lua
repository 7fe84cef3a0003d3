-- claim.lua: takes providers whose poll is due, one a host, so that each is polled by one process of the cluster.
-- KEYS[1] the namespace. Arguments: 1 now in ms, 2 how long the claim holds in ms, 3 the most to take, 4 the claim's token,
--   5 a provider's name to take just that one, due or not; '' for what is due.
-- Answers: {the time of the earliest poll or '', name, settings, version, generation, poll, name, …}. Of one that is busy: nothing.

local base = KEYS[1] .. ':csp:'
local now, lease, most, token, only = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5]
local SCANNED = 200 -- a host with many feeds must not hide the others

local names = { only }
if only == '' then names = redis.call('ZRANGEBYSCORE', base .. 'due', '-inf', now, 'LIMIT', 0, SCANNED) end
local answer = { '' }
local taken = 0
for _, name in ipairs(names) do
  if taken == most then break end
  local record = redis.call('HMGET', base .. 'provider:' .. name, 'settings', 'host', 'version', 'generation', 'poll')
  if not record[1] then
    redis.call('ZREM', base .. 'due', name)
  elseif redis.call('SET', base .. 'busy:' .. record[2], token, 'NX', 'PX', lease) then
    redis.call('ZADD', base .. 'due', now + lease, name)
    for _, value in ipairs({ name, record[1], record[3], record[4], record[5] or '' }) do answer[#answer + 1] = value end
    taken = taken + 1
  end
end
local first = redis.call('ZRANGE', base .. 'due', 0, 0, 'WITHSCORES')
answer[1] = first[2] or ''
return answer
