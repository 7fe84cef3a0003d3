-- save-picture.lua: sets the picture of a profile, or takes it away. Event: user.profile.updated.
-- Arguments: 1 user id, 2 its tag ('' for none), 3 media type, 4 its bytes. Answers: {'ok'}, {'missing'}.
local user = load_user(arg(1))
if not user then return { 'missing' } end
local profile = load_profile(user.id)
if (profile.picture or '') == arg(2) then return { 'ok' } end
if arg(2) ~= '' then
  redis.call('HSET', picture_key(user.id), 'tag', arg(2), 'type', arg(3), 'bytes', arg(4))
else
  redis.call('DEL', picture_key(user.id))
end
profile.picture = arg(2) ~= '' and arg(2) or nil
save_profile(user, profile, index_keys(user), { 'picture' })
return { 'ok' }
