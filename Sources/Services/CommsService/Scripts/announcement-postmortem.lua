-- announcement-postmortem.lua: puts the postmortem of a public incident beside it, or takes it away. The first time it is published is an
-- announcement. Event: announcement.published then, else announcement.followed.
-- Arguments: 1 incident id, 2 the public part of the postmortem (JSON text; '' for none), 3 message, 4 message_fr, 5 effect (JSON texts).
-- Answers: {'ok'}, {'unchanged'}.

local incident = public_incident(arg(1))
if not incident or incident.withdrawn_at then return { 'unchanged' } end
local postmortem = arg(2) ~= '' and arg(2) or nil
if postmortem == incident.postmortem then return { 'unchanged' } end
local is_first = postmortem and not incident.postmortem_announced
incident.postmortem = postmortem
if is_first then
  incident.postmortem_announced = 'true'
  announce(incident, {
    message = arg(3), message_fr = arg(4), state = incident.last_state, components = '[]', effect = arg(5), postmortem = 'true',
  })
else
  save_incident(incident)
  publish('announcement.followed', '"incident":{"id":"' .. incident.id .. '","title":' .. incident.title .. ',"sev":' .. incident.sev
    .. ',"status":' .. incident.status .. '}')
end
return { 'ok' }
