-- change-item.lua: changes an action item. Event: incident.action_item.updated, unless nothing differs.
-- Arguments: 1 incident, 2 '' (any version), 3 '1' for a person, 4 the item, 5 the user who may change it only as its owner ('' for others),
--   6 title, 7 owner, 8 due_at, 9 done (JSON texts; '' leaves the member as it is).
-- Answers: {'ok' or 'unchanged', version, item}, {'no_item'}, {'not_owner'}, {'missing'}.

local record, refusal = begin()
if refusal then return refusal end
local id, item = arg(4), get_item(record, arg(4))
if not item then return { 'no_item' } end
if arg(5) ~= '' and item.owner ~= '"' .. arg(5) .. '"' then return { 'not_owner' } end

local function rendered_item()
  return '{"id":"' .. id .. '","incident_id":"' .. record.id .. '","incident_title":' .. record.title .. ',' .. item_members(item) .. '}'
end

local changed, was_done = {}, item.done
local old = { title = item.title, owner = item.owner, due_at = item.due_at, done = item.done }
for i, name in ipairs({ 'title', 'owner', 'due_at', 'done' }) do
  local new = arg(5 + i)
  if new ~= '' and new ~= item[name] then
    item[name] = new
    changed[#changed + 1] = '"' .. name .. '"'
  end
end
if #changed == 0 then return { 'unchanged', record.version, rendered_item() } end

drop_item(record, id, old)
put_item(record, id, item)
local saved = redis.call('HMGET', incident_key(record.id), 'postmortem_before', 'postmortem_after', 'item_order')
render_postmortem(record, saved[1], saved[2], words_of(saved[3]))
if arg(3) == '1' then touch(record, false) end
local word = 'changed'
if item.done ~= was_done then word = item.done == 'true' and 'done' or 'not done after all' end
local entry = tell(record, 'action_item', '"Action item ' .. word .. ': ' .. string.sub(item.title, 2), 'internal', '{"id":"' .. id .. '"}')
save(record)
publish_entry(record, entry)
publish('incident.action_item.updated', '"incident_id":"' .. record.id .. '","item":' .. rendered_item()
  .. ',"changed":[' .. table.concat(changed, ',') .. ']')
return { 'ok', record.version, rendered_item() }
