-- link.lua: links an incident to another, or to a provider's event. Events: incident.link.added; for the other incident
-- incident.timeline.added, and incident.status.changed when a duplicate ends with its original.
-- Arguments: 1 id, 2 expected version or '', 3 '1' for a person, 4 kind, 5 target, 6 'incident' or 'event', 7 the most links of an
--   incident, 8 and 9 what the timelines of the incident and of its target say (JSON texts).
-- Answers: {'ok' or 'existing', version, link}, {'no_target'}, {'cycle'}, {'taken', its target}, {'full'}, {'missing'}, {'version', current}.

local record, refusal = begin()
if refusal then return refusal end

local kind, target = arg(4), arg(5)
local function links(id) return incident_key(id) .. ':links' end
local function linked(id) return incident_key(id) .. ':linked' end

local known = redis.call('HGET', links(record.id), kind .. ' ' .. target)
if not known and kind == 'related' then known = redis.call('HGET', linked(record.id), kind .. ' ' .. target) end
if known then return { 'existing', record.version, known } end

local other
if arg(6) == 'incident' then
  other = find(target)
  if not other then return { 'no_target' } end
end
if kind == 'parent' or kind == 'duplicate_of' then
  for _, field in ipairs(redis.call('HKEYS', links(record.id))) do
    local taken = string.match(field, '^' .. kind .. ' (.+)$')
    if taken then return { 'taken', taken } end
  end
end
if redis.call('HLEN', links(record.id)) >= tonumber(arg(7)) then return { 'full' } end
if other and redis.call('HLEN', linked(target)) >= tonumber(arg(7)) then return { 'full' } end

-- Whether links of this kind lead from the target back to the incident.
local function leads_back()
  if target == record.id then return true end
  if kind == 'related' then return false end
  local seen, waiting = { [target] = true }, { target }
  while #waiting > 0 do
    for _, field in ipairs(redis.call('HKEYS', links(table.remove(waiting)))) do
      local next_one = string.match(field, '^' .. kind .. ' (.+)$')
      if next_one == record.id then return true end
      if next_one and not seen[next_one] then
        seen[next_one] = true
        waiting[#waiting + 1] = next_one
      end
    end
  end
  return false
end
if leads_back() then return { 'cycle' } end

local number = tonumber(record.links or '0') + 1
local quoted = cjson.encode(target)
local link = '{"id":' .. number .. ',"incident":"' .. record.id .. '","kind":"' .. kind .. '","target":' .. quoted
  .. ',"author":' .. actor .. ',"at":' .. now .. ',"cid":"' .. cid .. '"}'
set(record, 'links', tostring(number))
redis.call('HSET', links(record.id), kind .. ' ' .. target, link)
if kind == 'parent' then set(record, 'parent', quoted) end
if not other then index(record, 'event:' .. target) end
if arg(3) == '1' then touch(record, false) end
tell(record, 'linked', arg(8), 'internal', '{"kind":"' .. kind .. '","target":' .. quoted .. '}')
local json = save(record)
publish('incident.link.added', '"incident_id":"' .. record.id .. '","incident":' .. json .. ',"link":' .. link)

if other then
  redis.call('HSET', linked(target), kind .. ' ' .. record.id, link)
  local entry = tell(other, 'linked', arg(9), 'internal', '{"kind":"' .. kind .. '","incident":"' .. record.id .. '"}')
  save(other)
  publish_entry(other, entry)
  if kind == 'duplicate_of' and other.status == '"resolved"' and record.status ~= '"resolved"' then
    turn(record, 'resolved', '"Resolved with ' .. target .. ', which it is a duplicate of"', '', false)
  end
end
return { 'ok', record.version, link }
