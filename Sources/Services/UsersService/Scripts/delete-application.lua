-- name -> ok | missing | reserved
local refused = refusal(arg(1))
if refused then return refused end
local old = redis.call('HMGET', application_key(arg(1)), 'consumer_key', 'key_digest', 'json')
redis.call('HDEL', consumers, old[1])
redis.call('HDEL', keys, old[2])
redis.call('DEL', application_key(arg(1)))
redis.call('ZREM', ns .. ':identity:applications', arg(1))
publish('application.deleted', '"application":' .. old[3])
return { 'ok' }
