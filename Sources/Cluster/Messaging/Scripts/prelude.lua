-- Comes before every mutation: who, when, the one way to put a message on the bus, and the memory of repeats.
-- The mutation's own text is the body of mutate(), which epilogue.lua closes and calls.
-- KEYS[1]  the namespace, such as {polystatus}; every key of a script begins with it
-- ARGV     1 now in ms  2 now as ISO 8601  3 sender  4 cid  5 actor (JSON)  6 uuid head  7 uuid tail  8 BUS_MAX
--          9 repeat key, '' for none  10 seconds to keep it  11… the script's own
local ns, cid, actor = KEYS[1], ARGV[4], ARGV[5]
local now_ms = tonumber(ARGV[1])
local now = math.floor(now_ms / 1000)
local published = 0

local function arg(n) return ARGV[10 + n] end

-- Puts a message on the bus, JSON as docs/schemas/message.schema.json has it. MAXLEN is only the bound: bus-keep.lua trims behind the readers.
local function append(message)
  published = published + 1
  redis.call('XADD', ns .. ':bus', 'MAXLEN', '~', ARGV[8], '*', 'message', message)
end

-- members: the members of `data` as JSON text without braces, '' for none; cid and actor are added.
local function publish(event_name, members)
  local uuid = ARGV[6] .. string.format('%012x', tonumber(ARGV[7]) + published)
  if members ~= '' then members = ',' .. members end
  append('{"event_name":"' .. event_name
    .. '","event_uuid":"' .. uuid .. '","event_creation_time":"' .. ARGV[2] .. '","event_sender_id":"' .. ARGV[3]
    .. '","data":{"cid":"' .. cid .. '","actor":' .. actor .. members .. '}}')
end

local function mutate()
