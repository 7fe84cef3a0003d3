-- assign.lua: gives a role of an incident to a person, who then follows it. Event: incident.assigned, unless they have it already.
-- Arguments: 1 id, 2 expected version or '', 3 '1' for a person, 4 role, 5 the user's id, 6 the user's name (JSON text),
--   7 the timeline message (JSON text).
-- Answers: {'ok', version, json}, {'unchanged', version, json}, {'missing'}, {'version', current}.

local record, refusal = begin()
if refusal then return refusal end

local role, user, previous = arg(4), '"' .. arg(5) .. '"', record[arg(4)]
if previous == user then return unchanged(record) end

set(record, role, user)
if role == 'commander' then
  reindex(record, previous and 'commander:' .. unquoted(previous), 'commander:' .. arg(5))
end
if arg(3) == '1' then touch(record, true) end
local details = '"role":"' .. role .. '","user":{"id":' .. user .. ',"name":' .. arg(6) .. '},"previous":' .. (previous or 'null')
tell(record, 'assigned', arg(7), 'internal', '{' .. details .. '}')
follow(record, arg(5), arg(6))
local json = save(record)
publish('incident.assigned', '"incident_id":"' .. record.id .. '","incident":' .. json .. ',' .. details)
return { 'ok', record.version, json }
