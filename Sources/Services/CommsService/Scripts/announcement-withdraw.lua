-- announcement-withdraw.lua: takes an incident out of the public's sight. What was announced stays stored and is not shown again, also
-- when the incident is announced anew. Event: announcement.withdrawn, unless it is withdrawn already.
-- Arguments: 1 incident id.
-- Answers: {'ok'}, {'unchanged'}, {'missing'}.

local incident = public_incident(arg(1))
if not incident then return { 'missing' } end
if incident.withdrawn_at then return { 'unchanged' } end
incident.withdrawn_at, incident.hidden, incident.postmortem = tostring(now), incident.announcements, nil
save_incident(incident)
publish('announcement.withdrawn', '"incident":{"id":"' .. incident.id .. '","title":' .. incident.title .. ',"sev":' .. incident.sev
  .. ',"status":' .. incident.status .. '}')
return { 'ok' }
