-- Reads only. KEYS[1]: namespace. Answers: {{id, events (JSON array)}, …} of all webhooks that are called.
local base, answer = KEYS[1] .. ':comms:webhook', {}
for _, id in ipairs(redis.call('ZRANGE', base .. 's', 0, -1)) do
  local fields = redis.call('HMGET', base .. ':' .. id, 'events', 'state')
  if fields[2] ~= 'disabled' then answer[#answer + 1] = { id, fields[1] } end
end
return answer
