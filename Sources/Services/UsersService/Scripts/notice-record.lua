-- notice-record.lua: what the scripts that tell people of incidents share.
-- What has to wait is in a sorted set, `<user> <incident>` by when its pause is over (s), and in a hash of the same members: template, cid.
local notices_due, notices_late = ns .. ':users:notices-due', ns .. ':users:notices-late'
local function noticed_key(id, incident) return ns .. ':users:noticed:' .. id .. ':' .. incident end

-- Asks comms to tell a person of an incident, unless they cannot be told. Event: request.comms.mail.send.
local function tell(id, incident, template, pause)
  if redis.call('HGET', user_key(id), 'state') ~= 'working' then return false end
  redis.call('SET', noticed_key(id, incident), '1', 'EX', pause)
  local by = redis.call('HEXISTS', profile_key(id), 'webhook') == 1 and ',"via":"webhook"' or ''
  request_mail(template, id, ',"incident_id":"' .. incident .. '"' .. by)
  return true
end
