-- link digest, new hash -> ok first|kept | missing
local user = user_of_link(arg(1), 'password')
if not user then return { 'missing' } end
redis.call('DEL', ns .. ':identity:link:' .. arg(1))
return { 'ok', set_password(user, arg(2), '') }
