-- notify-users.lua: asks for one mail to each person who is to hear of an incident. Events: those of notice-record.lua.
-- Arguments: 1 the event's uuid, 2 mail template, 3 incident id, 4 seconds between two mails to a person about an incident,
--   5 whose doing it is or '', 6 how many people, the people, then the notify levels it is for besides.
-- Answers: {'ok', how many}, {'unchanged'} for a repeat.
if not redis.call('SET', ns .. ':users:notice:' .. arg(1), '1', 'NX', 'EX', '86400') then return { 'unchanged' } end

local asked, seen = 0, {}
local function ask(id)
  if seen[id] or id == arg(5) then return end
  seen[id] = true
  local wait = redis.call('TTL', noticed_key(id, arg(3)))
  if wait < 0 then
    if tell(id, arg(3), arg(2), arg(4)) then asked = asked + 1 end
  else
    local member = id .. ' ' .. arg(3)
    redis.call('ZADD', notices_due, 'NX', now + wait, member)
    redis.call('HSET', notices_late, member, arg(2) .. ' ' .. cid)
  end
end

local first_level = 7 + tonumber(arg(6))
for at = 7, first_level - 1 do
  if not redis.call('ZSCORE', ns .. ':users:notify:none', arg(at)) then ask(arg(at)) end
end
local at = first_level
while arg(at) do
  for _, id in ipairs(redis.call('ZRANGE', ns .. ':users:notify:' .. arg(at), 0, -1)) do ask(id) end
  at = at + 1
end
return { 'ok', asked }
