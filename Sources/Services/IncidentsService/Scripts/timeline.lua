-- timeline.lua: appends what somebody has to say to the timeline. Event: incident.timeline.added.
-- Arguments: 1 id, 2 expected version or '', 3 '1' for a person, 4 type, 5 message (JSON text), 6 visibility, 7 the words of the message,
--   8 the most entries a timeline takes, 9 the id of the person who writes ('' for none), who then follows, 10 their name (JSON text).
-- Answers: {'ok', version, entry}, {'full'}, {'missing'}, {'version', current}.

local record, refusal = begin()
if refusal then return refusal end
if tonumber(record.entries) >= tonumber(arg(8)) then return { 'full' } end

if arg(3) == '1' then touch(record, true) end
if arg(9) ~= '' then follow(record, arg(9), arg(10)) end
local entry = tell(record, arg(4), arg(5), arg(6), '{}')
change_words(record, nil, arg(7))
save(record)
publish_entry(record, entry)
return { 'ok', record.version, entry }
