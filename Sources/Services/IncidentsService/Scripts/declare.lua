-- declare.lua: makes a new incident; it stands after record.lua and identifier.lua. Event: incident.created.
-- Arguments of the script: 1 title, 2 sev, 3 services, 4 summary, 5 source, 6 external, 7 cid (JSON texts; '' for null),
--   8 the external's index field ('' for none), 9 lower-cased services (JSON array), 10 words of the title, 11 words of the summary.

-- Returns the record, and it as it is sent.
local function declare()
  local number = redis.call('INCR', base .. 'created')
  local record = new_record(identifier(number))
  for i, name in ipairs({ 'title', 'sev', 'services', 'summary', 'source', 'external', 'cid' }) do
    if arg(i) ~= '' then set(record, name, arg(i)) end
  end
  set(record, 'status', '"open"')
  set(record, 'started_at', tostring(now))
  -- Microseconds' worth of room within the second: unique, and in order of creation but where the count passes a whole million.
  set(record, 'score', string.format('%.0f', now * 1000000 + number % 1000000))
  set(record, 'service_names', arg(9))
  set(record, 'title_words', arg(10))
  set(record, 'summary_words', arg(11))

  if arg(8) ~= '' then redis.call('HSET', base .. 'external', arg(8), record.id) end
  index(record, 'all')
  index(record, 'status:open')
  index(record, 'sev:' .. record.sev)
  index(record, 'source:' .. unquoted(record.source))
  if record.cid then index(record, 'cid:' .. unquoted(record.cid)) end
  for _, service in ipairs(cjson.decode(arg(9))) do index(record, 'service:' .. service) end
  change_words(record, nil, record.title_words)
  change_words(record, nil, record.summary_words)

  tell(record, 'created', '"Declared at severity ' .. record.sev .. '"', 'internal',
    '{"sev":' .. record.sev .. ',"source":' .. record.source .. '}')
  local json = save(record)
  publish('incident.created', '"incident_id":"' .. record.id .. '","incident":' .. json)
  return record, json
end
