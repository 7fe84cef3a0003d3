-- list-events.lua: a page of the events that are in all of some indexes, the newest first. Reads only.
-- KEYS[1] the namespace. Arguments: 1 how many to pass over, 2 how many to answer at most, 3 started at or after, 4 started at or before
--   (epoch seconds; '' for no bound), then the indexes, such as 'active' (none: all).
-- Answers: {total, json, …}. With several indexes the smallest is walked and the others are asked; beyond COUNTED the total is a floor.

local WALK, COUNTED = 256, 1000
local base = KEYS[1] .. ':csp:'
local pass, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local low, high = ARGV[3] ~= '' and ARGV[3] or '-inf', ARGV[4] ~= '' and ARGV[4] or '+inf'

local indexes = {}
for i = 5, #ARGV do indexes[#indexes + 1] = { key = base .. ARGV[i], size = redis.call('ZCARD', base .. ARGV[i]) } end
if #indexes == 0 then indexes = { { key = base .. 'all', size = 0 } } end
table.sort(indexes, function(a, b) return a.size < b.size end)
local walked = indexes[1].key

local function members(from, count) return redis.call('ZREVRANGEBYSCORE', walked, high, low, 'LIMIT', from, count) end

local function in_the_others(ids)
  for i = 2, #indexes do
    if #ids == 0 then return ids end
    local kept = {}
    for j, score in ipairs(redis.call('ZMSCORE', indexes[i].key, unpack(ids))) do
      if score then kept[#kept + 1] = ids[j] end
    end
    ids = kept
  end
  return ids
end

local page, total = {}, 0
if #indexes == 1 then
  total = redis.call('ZCOUNT', walked, low, high)
  page = members(pass, most)
else
  local from, enough = 0, math.max(COUNTED, pass + most + 1)
  while total < enough do
    local ids = members(from, WALK)
    if #ids == 0 then break end
    for _, id in ipairs(in_the_others(ids)) do
      total = total + 1
      if total > pass and #page < most then page[#page + 1] = id end
    end
    from = from + WALK
  end
end

local answer = { total }
for i, id in ipairs(page) do answer[i + 1] = redis.call('HGET', base .. 'event:' .. id, 'json') end
return answer
