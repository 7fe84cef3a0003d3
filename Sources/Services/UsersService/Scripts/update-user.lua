-- id, expected version or '', '1' when role, team and active may change, then field, value, field, value …
-- -> ok json version | missing | stale version | forbidden field | last_admin
local guarded = { role = 'role', team = 'team', state = 'active' }
local told = { name = 'name', role = 'role', team = 'team', language = 'language', notify = 'notify', state = 'active' }

local user = load_user(arg(1))
if not user then return { 'missing' } end
if arg(2) ~= '' and arg(2) ~= user.version then return { 'stale', user.version } end

local before, was_last, changed = index_keys(user), is_last_admin(user), {}
local at = 4
while arg(at) do
  local field, value = arg(at), arg(at + 1)
  -- An account that waits is inactive already.
  local same = user[field] == value or (field == 'state' and value == 'suspended' and user.state == 'waiting')
  if not same then
    if guarded[field] and arg(3) ~= '1' then return { 'forbidden', guarded[field] } end
    if told[field] then changed[#changed + 1] = told[field] end
    user[field] = value
  end
  at = at + 2
end
if #changed == 0 then return { 'ok', user.json, user.version } end
if was_last and not is_working_admin(user) then return { 'last_admin' } end

save_user(user, before)
if user.state == 'suspended' then end_sessions(user.id, '') end
publish_update(user, changed)
return { 'ok', user.json, user.version }
