-- Trims the bus and what belongs to it; one process at a time, the holder of a lease. Comes after bus-groups.lua.
-- Arguments: 1 who asks, 2 ms the lease lasts, 3 BUS_MAX, 4 ms of the oldest that may stay, 5 newest messages that stay although all have
--   done them, 6 ms of the oldest marker of what was done, 7 the most markers of a group, 8 messages looked at in one step
-- Answers {'kept', messages trimmed behind the readers}, or {'other'} when another process holds the lease.
local lease = bus .. ':keeper'
if not redis.call('SET', lease, arg(1), 'NX', 'PX', arg(2)) then
  if redis.call('GET', lease) ~= arg(1) then return { 'other' } end
  redis.call('PEXPIRE', lease, arg(2))
end
if redis.call('EXISTS', bus) == 0 then return { 'kept', 0 } end

local function parts(id)
  local ms, number = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(number)
end

local function is_before(a, b)
  local ms, number = parts(a)
  local other_ms, other_number = parts(b)
  return ms < other_ms or ms == other_ms and number < other_number
end

local function just_before(id)
  local ms, number = parts(id)
  if number > 0 then return string.format('%.0f-%.0f', ms, number - 1) end
  return string.format('%.0f-18446744073709551615', ms - 1)
end

redis.call('XTRIM', bus, 'MAXLEN', '~', arg(3))
redis.call('XTRIM', bus, 'MINID', '~', arg(4))

local info = named(redis.call('XINFO', 'STREAM', bus))
local added, gone, newest = info['entries-added'], info['entries-added'] - info.length, info['last-generated-id']
local first = info['first-entry'] and info['first-entry'][1]

-- Redis loses count of what a group has read when it restarts: its append-only file does not say. Who is at the end is told anew.
-- Where we may not ask for INFO, that is done once.
local server = redis.pcall('INFO', 'server')
local run = type(server) == 'string' and string.match(server, 'run_id:(%x+)') or ''

-- What a group has not read of what is gone: how many, and where it goes on.
local function gap(group)
  local read, last = group['entries-read'], group['last-delivered-id']
  if not read then return 0 end
  if last == newest and redis.call('HGET', bus .. ':runs', group.name) ~= run then
    redis.call('XGROUP', 'SETID', bus, group.name, newest, 'ENTRIESREAD', added)
    redis.call('HSET', bus .. ':runs', group.name, run)
    return 0
  end
  if last == newest or not first then return added - read, newest, added end
  if read < gone and is_before(last, first) then return gone - read, just_before(first), gone end
  return 0
end

local function is_left(group)
  if parts(group['last-delivered-id']) >= tonumber(arg(4)) then return false end
  for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', bus, group.name)) do
    if is_alive(group.name, consumer[2]) then return false end
  end
  return true
end

local needed
for _, group in ipairs(groups_of(bus)) do
  local name = group.name
  local missed, position, count = gap(group)
  if missed > 0 then
    redis.call('HINCRBY', bus .. ':gaps', name, missed)
    publish('bus.gap', '"group":"' .. name .. '","missed":' .. missed .. ',"after":"' .. group['last-delivered-id'] .. '"')
    redis.call('XGROUP', 'SETID', bus, name, position, 'ENTRIESREAD', count)
  end
  if missed > 0 and is_left(group) then
    redis.call('XGROUP', 'DESTROY', bus, name)
    redis.call('HDEL', bus .. ':runs', name)
  else
    local pending = redis.call('XPENDING', bus, name)
    local oldest = pending[1] > 0 and pending[2] or (position or group['last-delivered-id'])
    if not needed or is_before(oldest, needed) then needed = oldest end
  end
  redis.call('ZREMRANGEBYSCORE', bus .. ':done:' .. name, '-inf', arg(6))
  redis.call('ZREMRANGEBYRANK', bus .. ':done:' .. name, 0, -1 - tonumber(arg(7)))
end

local excess = math.min(redis.call('XLEN', bus) - tonumber(arg(5)), tonumber(arg(8)))
if excess <= 0 then return { 'kept', 0 } end
local entries = redis.call('XRANGE', bus, '-', '+', 'COUNT', excess + 1)
local limit = entries[#entries][1]
if needed and is_before(needed, limit) then limit = needed end
return { 'kept', redis.call('XTRIM', bus, 'MINID', '=', limit) }
