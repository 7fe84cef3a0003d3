-- turn.lua: moves incidents to another status; it stands after record.lua. Event: incident.status.changed.

-- `message` is a JSON text, nil for the usual one; `words` are those of the message. What is a duplicate of an incident that is resolved
-- is resolved with it. Returns the record as it is sent.
local function turn(record, new, message, words, by_person)
  local old = unquoted(record.status)
  set(record, 'status', '"' .. new .. '"')
  reindex(record, 'status:' .. old, 'status:' .. new)
  if new == 'open' then
    set(record, 'mitigated_at', nil)
    set(record, 'resolved_at', nil)
  else
    set(record, new .. '_at', tostring(now))
  end
  if by_person then touch(record, true) end
  local change = '"old":"' .. old .. '","new":"' .. new .. '"'
  message = message or '"Status changed from ' .. old .. ' to ' .. new .. '"'
  tell(record, 'status', message, 'internal', '{' .. change .. '}')
  change_words(record, nil, words)
  local json = save(record)
  publish('incident.status.changed',
    '"incident_id":"' .. record.id .. '","incident":' .. json .. ',' .. change .. ',"message":' .. message)
  if new ~= 'resolved' then return json end

  for _, field in ipairs(redis.call('HKEYS', incident_key(record.id) .. ':linked')) do
    local duplicate = find(string.match(field, '^duplicate_of (.+)$') or '')
    if duplicate and duplicate.status ~= '"resolved"' then
      turn(duplicate, 'resolved', '"Resolved with ' .. record.id .. ', which it is a duplicate of"', '', false)
    end
  end
  return json
end
