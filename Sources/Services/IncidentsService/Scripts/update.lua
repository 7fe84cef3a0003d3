-- update.lua: changes what an incident says of itself. Event: incident.updated, unless nothing differs.
-- Arguments: 1 id, 2 expected version or '', 3 '1' for a person, 4 title, 5 sev, 6 services, 7 summary, 8 cid (JSON texts; '' leaves the
--   member as it is, 'null' empties cid), 9 lower-cased services (JSON array), 10 words of the title, 11 words of the summary.
-- Answers: {'ok', version, json}, {'unchanged', version, json}, {'missing'}, {'version', current}.

local record, refusal = begin()
if refusal then return refusal end

local names, changes = {}, {}
local function change(name, given)
  local old, new = record[name] or 'null', given
  if new == '' or new == old then return false end
  names[#names + 1] = name
  changes[#changes + 1] = '"' .. name .. '":{"old":' .. old .. ',"new":' .. new .. '}'
  set(record, name, new ~= 'null' and new or nil)
  return true
end
local function change_text(name, words)
  change_words(record, record[name], words)
  set(record, name, words)
end

local old_sev, old_cid = record.sev, record.cid
if change('title', arg(4)) then change_text('title_words', arg(10)) end
if change('sev', arg(5)) then reindex(record, 'sev:' .. old_sev, 'sev:' .. record.sev) end
if change('services', arg(6)) then
  for _, service in ipairs(cjson.decode(record.service_names)) do unindex(record, 'service:' .. service) end
  for _, service in ipairs(cjson.decode(arg(9))) do index(record, 'service:' .. service) end
  set(record, 'service_names', arg(9))
end
if change('summary', arg(7)) then change_text('summary_words', arg(11)) end
if change('cid', arg(8)) then
  reindex(record, old_cid and 'cid:' .. unquoted(old_cid), record.cid and 'cid:' .. unquoted(record.cid))
end
if #names == 0 then return unchanged(record) end

if arg(3) == '1' then touch(record, false) end
local changed = '{' .. table.concat(changes, ',') .. '}'
tell(record, 'changed', '"Changed ' .. table.concat(names, ', ') .. '"', 'internal', changed)
local json = save(record)
publish('incident.updated', '"incident_id":"' .. record.id .. '","incident":' .. json .. ',"changed":' .. changed)
return { 'ok', record.version, json }
