-- announcement-correct.lua: puts right what was announced. Event: announcement.corrected, unless nothing differs.
-- Arguments: 1 incident id, 2 number of the announcement, 3 message, 4 message_fr, 5 state, 6 title ('' keeps; JSON texts).
-- Answers: {'ok', announcement}, {'unchanged', announcement}, {'missing'}.

local incident, id = public_incident(arg(1)), arg(1) .. '-' .. arg(2)
if not incident then return { 'missing' } end
local record = load(announcement_key(id), ANNOUNCEMENT)
if not record.ts then return { 'missing' } end

local differs = false
for i, name in ipairs({ 'message', 'message_fr', 'state', 'title' }) do
  local given = arg(i + 2)
  if given ~= '' and given ~= (record[name] or 'null') then
    differs = true
    record[name] = given ~= 'null' and given or nil
  end
end
if not differs then return { 'unchanged', announced(id, incident, record) } end
record.edited_at = tostring(now)
save_announcement(id, record)
if arg(6) ~= '' then incident.title = arg(6) end
if arg(2) == incident.announcements then incident.last_state = record.state end
save_incident(incident)
tell('announcement.corrected', id, incident, record)
return { 'ok', announced(id, incident, record) }
