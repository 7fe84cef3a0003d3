-- Makes the consumer group where there is none: it begins with what was published since ARGV 2 (ms), so that it misses nothing while
-- a cluster starts, and repeats no old story when a group is new.
-- KEYS[1] namespace   ARGV 1 group  2 oldest message it looks back for, in ms
local bus, group = KEYS[1] .. ':bus', ARGV[1]
local again = bus .. ':retry:' .. group

local function has_group(stream)
  if redis.call('EXISTS', stream) == 0 then return false end
  for _, found in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    if found[2] == group then return true end
  end
  return false
end

if not has_group(again) then redis.call('XGROUP', 'CREATE', again, group, '0', 'MKSTREAM') end
if has_group(bus) then return 0 end
local before = redis.call('EXISTS', bus) == 1 and redis.call('XREVRANGE', bus, ARGV[2], '-', 'COUNT', 1)[1]
local position = before and before[1] or '0-0'
redis.call('XGROUP', 'CREATE', bus, group, position, 'MKSTREAM')
-- How many it counts as having read, so that its lag and its gaps are numbers from the start.
local info, added = redis.call('XINFO', 'STREAM', bus), 0
for i = 1, #info, 2 do
  if info[i] == 'entries-added' then added = info[i + 1] end
end
local waiting = #redis.call('XRANGE', bus, '(' .. position, '+')
redis.call('XGROUP', 'SETID', bus, group, position, 'ENTRIESREAD', added - waiting)
return 1
