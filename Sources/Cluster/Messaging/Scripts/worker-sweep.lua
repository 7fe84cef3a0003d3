-- A worker's round, about once a second: says that it lives, puts what is due into the group's retry stream, and, when asked, does the
-- same with what consumers left behind that live no more, and with what was read for this one and never reached it.
-- KEYS[1] namespace   ARGV 1 group  2 consumer  3 now in ms  4 seconds it counts as living  5 the most to move
--   6 '1': look for what was left behind  7 ms after which an entry of its own, not in flight, was lost on the way
--   8… what is in flight: '<bus|retry> <entry id>'
-- Answers {moved because due, moved because left behind, lost: trimmed away before they were handled}.
local bus, group, me = KEYS[1] .. ':bus', ARGV[1], ARGV[2]
local again, deferred = bus .. ':retry:' .. group, bus .. ':deferred:' .. group
local room, taken, lost = tonumber(ARGV[5]), 0, 0
redis.call('SET', bus .. ':alive:' .. group .. ':' .. me, '1', 'EX', ARGV[4])

local due = redis.call('ZRANGEBYSCORE', deferred, '-inf', ARGV[3], 'LIMIT', 0, room)
for _, uuid in ipairs(due) do
  local held = redis.call('HMGET', bus .. ':held:' .. group .. ':' .. uuid, 'message', 'count')
  if held[1] then
    redis.call('XADD', again, '*', 'message', held[1], 'count', held[2], 'deaths', '0')
    redis.call('ZADD', deferred, '+inf', uuid) -- under way
  else
    redis.call('ZREM', deferred, uuid)
  end
end
if ARGV[6] ~= '1' then return { #due, 0, 0 } end

local in_flight = {}
for i = 8, #ARGV do in_flight[ARGV[i]] = true end

local function rescue(stream, kind, consumer, idle)
  for _, pending in ipairs(redis.call('XPENDING', stream, group, 'IDLE', idle, '-', '+', room, consumer)) do
    local id = pending[1]
    if not in_flight[kind .. ' ' .. id] then
      local entry = redis.call('XRANGE', stream, id, id)[1]
      redis.call('XACK', stream, group, id)
      if entry then
        local fields = { count = '0', deaths = '0' }
        for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
        redis.call('XADD', again, '*', 'message', fields.message or '', 'count', fields.count,
          'deaths', tostring(tonumber(fields.deaths) + 1))
        if kind == 'retry' then redis.call('XDEL', stream, id) end
        taken = taken + 1
      else
        lost = lost + 1
      end
    end
  end
end

for kind, stream in pairs({ bus = bus, retry = again }) do
  redis.call('XGROUP', 'CREATECONSUMER', stream, group, me) -- seen, also before it has read anything
  for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
    local name = consumer[2]
    if name == me then
      rescue(stream, kind, name, ARGV[7])
    elseif redis.call('EXISTS', bus .. ':alive:' .. group .. ':' .. name) == 0 then
      rescue(stream, kind, name, 0)
      if #redis.call('XPENDING', stream, group, '-', '+', 1, name) == 0 then
        redis.call('XGROUP', 'DELCONSUMER', stream, group, name)
      end
    end
  end
end
if lost > 0 then redis.call('HINCRBY', bus .. ':gaps', group, lost) end
return { #due, taken, lost }
