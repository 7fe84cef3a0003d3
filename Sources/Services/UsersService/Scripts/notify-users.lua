-- notify-users.lua: asks for one mail to each person who wants to hear of an incident. Event: request.comms.mail.send, for each.
-- Arguments: 1 the event's uuid, 2 mail template, 3 incident id, 4 seconds between two mails to a person about an incident,
--   5 '' or the only person it may go to, then the notify levels it is for. Answers: {'ok', how many}, {'unchanged'} for a repeat.
if not redis.call('SET', ns .. ':users:notice:' .. arg(1), '1', 'NX', 'EX', '86400') then return { 'unchanged' } end

local asked = 0
local function ask(id)
  if redis.call('HGET', user_key(id), 'state') ~= 'working' then return end
  if not redis.call('SET', ns .. ':users:noticed:' .. id .. ':' .. arg(3), '1', 'NX', 'EX', arg(4)) then return end
  request_mail(arg(2), id, ',"incident_id":"' .. arg(3) .. '"')
  asked = asked + 1
end

local at = 6
while arg(at) do
  local level = ns .. ':users:notify:' .. arg(at)
  if arg(5) == '' then
    for _, id in ipairs(redis.call('ZRANGE', level, 0, -1)) do ask(id) end
  elseif redis.call('ZSCORE', level, arg(5)) then
    ask(arg(5))
  end
  at = at + 1
end
return { 'ok', asked }
