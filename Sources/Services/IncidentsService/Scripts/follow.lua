-- follow.lua: has a person follow an incident, or no longer. Events: incident.follower.added, incident.follower.removed.
-- Arguments: 1 id, 2 '' (any version), 3 '1' to follow, '' to end it, 4 the user's id, 5 their name (JSON text).
-- Answers: {'ok' or 'unchanged', version}, {'full'}, {'missing'}.

local record, refusal = begin()
if refusal then return refusal end
if arg(3) == '1' then return { follow(record, arg(4), arg(5)), record.version } end
if redis.call('HDEL', incident_key(record.id) .. ':followers', arg(4)) == 0 then return { 'unchanged', record.version } end
unindex(record, 'follower:' .. arg(4))
publish('incident.follower.removed', '"incident_id":"' .. record.id .. '","user":{"id":"' .. arg(4) .. '","name":' .. arg(5) .. '}')
return { 'ok', record.version }
