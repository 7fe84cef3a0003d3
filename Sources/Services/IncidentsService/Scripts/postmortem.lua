-- postmortem.lua: saves the postmortem of an incident, the first or a later one. Event: incident.postmortem.saved.
-- Arguments: 1 id, 2 expected version or '', 3 '1' for a person, 4 state, 5 its other members (JSON members without braces),
--   6 the number of action items, then for each: the id it was given ('' for none), its title, owner, due_at and done (JSON texts).
-- An item keeps its id when it names one of this postmortem's, or has the title of one; others get the next number.
-- Answers: {'ok', version, postmortem}, {'missing'}, {'version', current}.

local record, refusal = begin()
if refusal then return refusal end

local key = incident_key(record.id)
local saved = redis.call('HMGET', key, 'postmortem', 'action_items', 'item_order')
local old = saved[1] and cjson.decode(saved[1]) or {}
local free, titled = {}, {}
for _, id in ipairs(words_of(saved[3] or nil)) do
  local item = get_item(record, id)
  free[id] = true
  titled[item.title] = titled[item.title] or id
  drop_item(record, id, item)
end

local number, ids = tonumber(saved[2] or '0'), {}
local function take(id)
  if not (id and free[id]) then return nil end
  free[id] = nil
  return id
end
local last, named = 6 + 5 * tonumber(arg(6)), {}
for i = 7, last, 5 do named[i] = take(arg(i)) end
for i = 7, last, 5 do
  local id = named[i] or take(titled[arg(i + 1)])
  if not id then
    number = number + 1
    id = record.id .. '-' .. number
  end
  ids[#ids + 1] = id
  put_item(record, id, { title = arg(i + 1), owner = arg(i + 2), due_at = arg(i + 3), done = arg(i + 4) })
end

local state = arg(4)
local published_at = 'null'
if state == 'published' then
  published_at = type(old.published_at) == 'number' and string.format('%.0f', old.published_at) or tostring(now)
end
local created_at = old.created_at and string.format('%.0f', old.created_at) or tostring(now)
local before = '{"incident_id":"' .. record.id .. '","state":"' .. state .. '",' .. arg(5) .. ','
local after = ',"author":' .. actor .. ',"created_at":' .. created_at .. ',"updated_at":' .. now .. ',"published_at":' .. published_at .. '}'
local postmortem = render_postmortem(record, before, after, ids)
redis.call('HSET', key, 'action_items', number)

if arg(3) == '1' then
  touch(record, false)
  index(record, 'author:' .. cjson.decode(actor).id)
end
tell(record, 'postmortem', '"Postmortem saved as ' .. state .. '"', 'internal', '{"state":"' .. state .. '"}')
save(record)
publish('incident.postmortem.saved',
  '"incident_id":"' .. record.id .. '","version":' .. record.version .. ',"state":"' .. state .. '","action_items":' .. #ids)
return { 'ok', record.version, postmortem }
