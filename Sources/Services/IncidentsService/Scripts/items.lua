-- items.lua: the action items of postmortems; it stands after record.lua.
-- In the hash `…:items` of an incident an item is its members `title`, `owner`, `due_at`, `done`, as JSON texts, packed; the incident's
-- `item_order` has the ids. The indexes are scored by due_at; NEVER stands for an item that is not due at any time.

local NEVER = 9000000001

local function items_key(record) return incident_key(record.id) .. ':items' end

local function item_members(item)
  return '"title":' .. item.title .. ',"owner":' .. item.owner .. ',"due_at":' .. item.due_at .. ',"done":' .. item.done
end

local function item_indexes(item)
  local names = { 'items:all', item.done == 'true' and 'items:done' or 'items:open' }
  if item.owner ~= 'null' then
    for i = 1, 2 do names[#names + 1] = names[i] .. ':' .. unquoted(item.owner) end
  end
  return names
end

local function get_item(record, id)
  local packed = redis.call('HGET', items_key(record), id)
  return packed and cmsgpack.unpack(packed)
end

local function put_item(record, id, item)
  redis.call('HSET', items_key(record), id, cmsgpack.pack(item))
  for _, name in ipairs(item_indexes(item)) do redis.call('ZADD', base .. name, tonumber(item.due_at) or NEVER, id) end
end

local function drop_item(record, id, item)
  redis.call('HDEL', items_key(record), id)
  for _, name in ipairs(item_indexes(item)) do redis.call('ZREM', base .. name, id) end
end

-- Writes the postmortem as it is sent: what stands before and after the items, and they.
local function render_postmortem(record, before, after, ids)
  local items = {}
  for i, id in ipairs(ids) do items[i] = '{"id":"' .. id .. '",' .. item_members(get_item(record, id)) .. '}' end
  local postmortem = before .. '"action_items":[' .. table.concat(items, ',') .. ']' .. after
  redis.call('HSET', incident_key(record.id), 'postmortem', postmortem, 'postmortem_before', before, 'postmortem_after', after,
    'item_order', table.concat(ids, ' '))
  return postmortem
end

local function words_of(text)
  local words = {}
  for word in string.gmatch(text or '', '%S+') do words[#words + 1] = word end
  return words
end
