-- link digest -> ok | missing
local user = user_of_link(arg(1), 'confirm')
if not user then return { 'missing' } end
redis.call('DEL', ns .. ':identity:link:' .. arg(1))
if user.state == 'waiting' then
  user.state = 'working'
  save_user(user, index_keys(user))
  publish_update(user, { 'active' })
end
return { 'ok' }
