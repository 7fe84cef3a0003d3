-- What the readers of the bus share; stands before the scripts that look after it.
local bus = KEYS[1] .. ':bus'

-- A reply of XINFO as a table by name.
local function named(list)
  local found = {}
  for i = 1, #list, 2 do found[list[i]] = list[i + 1] end
  return found
end

local function groups_of(stream)
  if redis.call('EXISTS', stream) == 0 then return {} end
  local found = {}
  for i, group in ipairs(redis.call('XINFO', 'GROUPS', stream)) do found[i] = named(group) end
  return found
end

local function is_alive(group, consumer)
  return redis.call('EXISTS', bus .. ':alive:' .. group .. ':' .. consumer) == 1
end

-- The names under which messages may be deferred or dead.
local function owners()
  local names = {}
  for i, group in ipairs(groups_of(bus)) do names[i] = group.name end
  names[#names + 1] = 'invalid'
  return names
end
