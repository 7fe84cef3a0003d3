-- subscription-audience.lua: what some subscribers want to hear of. Reads only.
-- KEYS[1] the namespace. Arguments: ids. Answers: {{id, components, severities}, …}, without those that are no longer confirmed.
local answer = {}
for _, id in ipairs(ARGV) do
  local found = redis.call('HMGET', KEYS[1] .. ':comms:subscription:' .. id, 'state', 'components', 'severities')
  if found[1] == 'confirmed' then answer[#answer + 1] = { id, found[2], found[3] } end
end
return answer
