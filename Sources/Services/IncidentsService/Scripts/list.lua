-- list.lua: a page of the incidents that are in all of some indexes. Reads only.
-- KEYS[1] the namespace. Arguments: 1 how many to pass over, 2 how many to answer at most, 3 'newest' or 'oldest' (first),
--   4 started at or after, 5 started at or before (epoch seconds; '' for no bound), then the indexes, such as 'status:open' (none: all).
-- Answers: {total, json, …}.
-- One index: its ranks are the pages, and the cost does not grow with it. Several: the smallest is walked in order and the others are
-- asked for its members, until the page is full and one more is known, and at least as far as COUNTED; the total is what was found.

local WALK = 256 -- members a step
local COUNTED = 1000 -- totals of several indexes are exact up to here
local base = KEYS[1] .. ':incidents:'
local pass, most, ascending = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == 'oldest'
local low = ARGV[4] ~= '' and ARGV[4] .. '000000' or '-inf'
local high = ARGV[5] ~= '' and ARGV[5] .. '999999' or '+inf'

local names = { unpack(ARGV, 6) }
if #names == 0 then names = { 'all' } end
local indexes = {}
for i, name in ipairs(names) do
  indexes[i] = { key = base .. name, size = redis.call('ZCOUNT', base .. name, low, high) }
end
table.sort(indexes, function(a, b) return a.size < b.size end)
local walked = indexes[1]
if walked.size == 0 then return { 0 } end
-- The members that come before the bounds in the order asked for.
local before = redis.call('ZCOUNT', walked.key, ascending and '-inf' or '(' .. high, ascending and '(' .. low or '+inf')

local function members(from, count)
  local first, last = before + from, before + math.min(from + count, walked.size) - 1
  if first > last then return {} end
  if ascending then return redis.call('ZRANGE', walked.key, first, last) end
  return redis.call('ZREVRANGE', walked.key, first, last)
end

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

local page, total = {}, walked.size
if #indexes == 1 then
  page = members(pass, most)
else
  total = 0
  local from = 0
  local enough = math.max(COUNTED, pass + most + 1)
  while from < walked.size and total < enough do
    for _, id in ipairs(in_the_others(members(from, WALK))) do
      total = total + 1
      if total > pass and #page < most then page[#page + 1] = id end
    end
    from = from + WALK
  end
end

local answer = { total }
for i, id in ipairs(page) do answer[i + 1] = redis.call('HGET', base .. 'incident:' .. id, 'json') end
return answer
