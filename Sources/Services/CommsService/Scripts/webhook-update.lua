-- Arguments: 1 id, 2 expected version or '', then field, value, field, value … Event: webhook.updated, unless nothing differs.
-- Answers: {'ok' or 'unchanged', version, json}, {'missing'}, {'version', current}.
local webhook, refusal = begin()
if refusal then return refusal end

local changed, at = {}, 3
while arg(at) do
  local name, value = arg(at), arg(at + 1)
  -- Who says active of a failing one has nothing to say.
  local same = webhook[name] == value or (name == 'state' and value == 'active' and webhook.state == 'failing')
  if not same then
    webhook[name] = value
    if name ~= 'origin' then changed[#changed + 1] = '"' .. name .. '"' end
    if name == 'state' then webhook.failing_since = 'null' end
  end
  at = at + 2
end
if #changed == 0 then return { 'unchanged', webhook.version, webhook.json } end
save(webhook, 'webhook.updated', '[' .. table.concat(changed, ',') .. ']')
return { 'ok', webhook.version, webhook.json }
