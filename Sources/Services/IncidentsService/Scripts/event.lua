-- event.lua: tells on the timeline what happened elsewhere. Event: incident.timeline.added.
-- Arguments: 1 id, 2 expected version or '', 3 '0', 4 type, 5 message (JSON text), 6 details (JSON object), 7 the words of the message.
-- Answers: {'ok', version, entry}, {'missing'}, {'version', current}.

local record, refusal = begin()
if refusal then return refusal end

local entry = tell(record, arg(4), arg(5), 'internal', arg(6))
change_words(record, nil, arg(7))
save(record)
publish_entry(record, entry)
return { 'ok', record.version, entry }
