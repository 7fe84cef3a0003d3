-- announced.lua: notes on the timeline what comms announced of an incident, and whether it is public. What was noted already, or is older
-- than what is known, changes nothing. Event: incident.updated when `public` changes, else incident.timeline.added.
-- Arguments: 1 id, 2 '' (any version), 3 '1' for a person, 4 'true' or 'false' (public), 5 when it was told (ISO 8601), 6 the number of
--   the announcement ('' for a withdrawal), 7 the timeline message, 8 its details (JSON texts).
-- Answers: {'ok', version}, {'unchanged', version}, {'missing'}.

local record, refusal = begin()
if refusal then return refusal end

local noted = record.announced or ' '
local is_known = arg(6) ~= '' and string.find(noted, ' ' .. arg(6) .. ' ', 1, true)
local old, new = record.public or 'false', record.public or 'false'
if not record.public_told or record.public_told < arg(5) then
  new = arg(4)
  set(record, 'public_told', arg(5))
end
if is_known or (arg(6) == '' and old == new) then return { 'unchanged', record.version } end

set(record, 'public', new == 'true' and 'true' or nil)
if arg(6) ~= '' then set(record, 'announced', noted .. arg(6) .. ' ') end
if arg(3) == '1' then touch(record, false) end
local entry = tell(record, 'announcement', arg(7), 'public', arg(8))
local json = save(record)
if old ~= new then
  publish('incident.updated',
    '"incident_id":"' .. record.id .. '","incident":' .. json .. ',"changed":{"public":{"old":' .. old .. ',"new":' .. new .. '}}')
else
  publish_entry(record, entry)
end
return { 'ok', record.version }
