-- remind.lua: reminds of one incident of severity 1 or 2 that has had no public update, or no commander, for too long. The next reminder
-- of the same comes after as long again as it has lasted by then. Events: incident.reminder, incident.timeline.added.
-- Arguments: 1 'update' or 'commander', 2 after how many seconds.
-- Answers: {'ok', version, json, id}; {'nothing'} when there is none to be reminded of.

local about, key = arg(1), base .. 'remind:' .. arg(1)
local id = redis.call('ZRANGEBYSCORE', key, '-inf', now - arg(2), 'LIMIT', 0, 1)[1]
if not id then return { 'nothing' } end
local record = find(id)
local since = tonumber(record[about .. '_since'])
local lasted = now - since
redis.call('ZADD', key, now + lasted - arg(2), id)

local minutes = math.floor(lasted / 60)
local message = about == 'update' and '"No public update for ' .. minutes .. ' minutes"'
  or '"Nobody has been in command for ' .. minutes .. ' minutes"'
local entry = tell(record, 'reminder', message, 'internal', '{"about":"' .. about .. '","since":' .. since .. '}')
local json = save(record)
publish_entry(record, entry)
publish('incident.reminder',
  '"incident_id":"' .. id .. '","incident":' .. json .. ',"about":"' .. about .. '","since":' .. since)
return { 'ok', record.version, json, id }
