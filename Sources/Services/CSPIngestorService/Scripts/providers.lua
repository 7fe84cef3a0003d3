-- providers.lua: providers as they stand. Reads only.
-- KEYS[1] the namespace. Arguments: 1 pass over, 2 how many at most, 3 a name, to get just that one ('' for all, in order of registration),
--   4 '1' with their components.
-- Answers: {how many in all, then of each: name, settings, version, created_at, poll, components or '', the memos of its active events}.

local base = KEYS[1] .. ':csp:'
local names = { ARGV[3] }
local total = 1
if ARGV[3] == '' then
  total = redis.call('ZCARD', base .. 'providers')
  names = redis.call('ZRANGE', base .. 'providers', ARGV[1], ARGV[1] + ARGV[2] - 1)
end
local answer = { total }
for _, name in ipairs(names) do
  local record = redis.call('HMGET', base .. 'provider:' .. name, 'settings', 'version', 'created_at', 'poll', 'components')
  if record[1] then
    local memos = {}
    for i, id in ipairs(redis.call('ZRANGE', base .. 'active:' .. name, 0, -1)) do
      memos[i] = redis.call('HGET', base .. 'event:' .. id, 'memo')
    end
    local parts = { name, record[1], record[2], record[3], record[4] or '', ARGV[4] == '1' and record[5] or '', memos }
    for _, part in ipairs(parts) do answer[#answer + 1] = part end
  end
end
return answer
