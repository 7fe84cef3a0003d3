-- user, password version that was checked, new hash, session id to keep or '' -> ok first|kept | missing
local user = load_user(arg(1))
if not user or user.password_version ~= arg(2) then return { 'missing' } end
return { 'ok', set_password(user, arg(3), arg(4)) }
