-- announcement-follow.lua: takes over what incidents says of an incident that is public: status, severity, services, times.
-- Event: announcement.followed, unless it is not public, or nothing differs.
-- Arguments: 1 incident id, 2 its version in incidents, 3 sev, 4 status (JSON text), 5 services (JSON array), 6 mitigated_at,
--   7 resolved_at ('null' for none).
-- Answers: {'ok'}, {'unchanged'}.

local incident = public_incident(arg(1))
if not incident then return { 'unchanged' } end
if not follow(incident, arg(2), arg(3), arg(4), arg(5), arg(6), arg(7)) then
  redis.call('HSET', incident_key(incident.id), 'source_version', incident.source_version)
  return { 'unchanged' }
end
save_incident(incident)
if not incident.withdrawn_at then
  publish('announcement.followed', '"incident":{"id":"' .. incident.id .. '","title":' .. incident.title .. ',"sev":' .. incident.sev
    .. ',"status":' .. incident.status .. '}')
end
return { 'ok' }
