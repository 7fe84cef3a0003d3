-- subscription-update.lua: changes what a subscriber wants to hear of. Event: subscription.updated, unless nothing differs.
-- Arguments: 1 id, 2 expected version or '', 3 components, 4 severities (JSON arrays), 5 language ('' leaves it).
-- Answers: {'ok' or 'unchanged', json, version}, {'missing'}, {'stale', version}.
local found = load_subscription(arg(1))
if not found or found.state ~= 'confirmed' then return { 'missing' } end
if arg(2) ~= '' and arg(2) ~= found.version then return { 'stale', found.version } end
local differs = false
for i, name in ipairs({ 'components', 'severities', 'language' }) do
  local new = arg(2 + i)
  if new ~= '' and new ~= found[name] then
    found[name] = new
    differs = true
  end
end
if not differs then return { 'unchanged', found.json, found.version } end
save_subscription(found)
tell_subscription('subscription.updated', found)
return { 'ok', found.json, found.version }
