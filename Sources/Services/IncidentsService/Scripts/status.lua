-- status.lua: moves an incident to another status. Event: incident.status.changed, unless it has that status already.
-- Arguments: 1 id, 2 expected version or '', 3 '1' for a person, 4 status, 5 the statuses it may come from (space-separated),
--   6 the message (JSON text; '' for none), 7 the words of the message.
-- Answers: {'ok', version, json}, {'unchanged', version, json}, {'conflict', current status}, {'missing'}, {'version', current}.

local record, refusal = begin()
if refusal then return refusal end

local old, new = unquoted(record.status), arg(4)
if old == new then return unchanged(record) end
if not string.find(' ' .. arg(5) .. ' ', ' ' .. old .. ' ', 1, true) then return { 'conflict', old } end

local json = turn(record, new, arg(6) ~= '' and arg(6) or nil, arg(7), arg(3) == '1')
return { 'ok', record.version, json }
