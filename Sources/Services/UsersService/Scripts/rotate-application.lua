-- name, appid, consumer key, key digest -> ok json | missing | reserved
local refused = refusal(arg(1))
if refused then return refused end
set_secrets(arg(1), arg(2), arg(3), arg(4))
local json = redis.call('HGET', application_key(arg(1)), 'json')
publish('application.updated', '"application":' .. json .. ',"changed":["appid","key"]')
return { 'ok', json }
