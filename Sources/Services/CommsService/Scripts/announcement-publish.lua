-- announcement-publish.lua: says something about an incident in public; the first time makes the incident public.
-- Event: announcement.published.
-- Arguments: 1 incident id, 2 its version in incidents, 3 title there (JSON text), 4 sev, 5 status (JSON text), 6 services (JSON array),
--   7 the same lower-cased, 8 started_at, 9 mitigated_at, 10 resolved_at ('null' for none), 11 the public title asked for (JSON text,
--   '' keeps it), 12 message, 13 message_fr ('' for none), 14 state, 15 effect (JSON texts), 16 the most announcements of an incident.
-- Answers: {'ok', announcement}, {'full'}.

local incident = public_incident(arg(1))
if not incident then
  incident = { id = arg(1), title = arg(3), started_at = arg(8), published_at = tostring(now) }
elseif incident.withdrawn_at then
  incident.withdrawn_at = nil
elseif tonumber(incident.announcements) >= tonumber(arg(16)) then
  return { 'full' }
end
follow(incident, arg(2), arg(4), arg(5), arg(6), arg(9), arg(10))
if arg(11) ~= '' then incident.title = arg(11) end
local record = {
  message = arg(12), message_fr = arg(13) ~= '' and arg(13) or nil, state = arg(14), components = component_keys(arg(7)), effect = arg(15),
}
local id = announce(incident, record)
return { 'ok', announced(id, incident, record) }
