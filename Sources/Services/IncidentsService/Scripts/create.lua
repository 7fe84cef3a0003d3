-- create.lua: declares an incident. Event: incident.created.
-- Arguments: 1 title, 2 sev, 3 services, 4 summary, 5 source, 6 external, 7 cid (JSON texts; '' for null),
--   8 the external's index field ('' for none), 9 lower-cased services (JSON array), 10 words of the title, 11 words of the summary.
-- Answers: {'ok', version, json, id}; {'existing', version, json, id} when that external has its incident already.

local external_field = arg(8)
if external_field ~= '' then
  local id = redis.call('HGET', base .. 'external', external_field)
  if id then
    local known = redis.call('HMGET', incident_key(id), 'version', 'json')
    return { 'existing', known[1], known[2], id }
  end
end

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

if external_field ~= '' then redis.call('HSET', base .. 'external', external_field, record.id) end
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
return { 'ok', record.version, json, record.id }
