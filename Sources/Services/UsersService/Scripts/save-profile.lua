-- save-profile.lua: changes members of a profile. Event: user.profile.updated.
-- Arguments: 1 user id, 2 expected version or '', 3 how many localised texts it may have, then for each member its name, its value
-- ('' for none), its words. Answers: {'ok'}, {'missing'}, {'stale', version}, {'full'}.
local user = load_user(arg(1))
if not user then return { 'missing' } end
local profile, before = load_profile(user.id), index_keys(user)
local version = string.format('%d', user.version + (profile.version or 0))
if arg(2) ~= '' and arg(2) ~= version then return { 'stale', version } end

local changed, at = {}, 4
while arg(at) do
  local name, value = arg(at), arg(at + 1)
  if (profile[name] or '') ~= value then
    profile[name] = value ~= '' and value or nil
    profile['words:' .. name] = arg(at + 2) ~= '' and arg(at + 2) or nil
    if name ~= 'skill_keys' then changed[#changed + 1] = PROFILE_MEMBERS[name] or name:match('^%l+') end
  end
  at = at + 3
end
if #changed == 0 then return { 'ok' } end
local texts = 0
for name in pairs(profile) do
  if name:find('^%l+:') and name:sub(1, 6) ~= 'words:' then texts = texts + 1 end
end
if texts > tonumber(arg(3)) then return { 'full' } end
save_profile(user, profile, before, changed)
return { 'ok' }
