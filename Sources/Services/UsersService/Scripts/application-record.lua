-- What every script on applications shares. The registry is of module Identity: appid as it is (it is the HMAC key), the key as SHA-256.
local function application_key(name) return ns .. ':identity:application:' .. name end
local consumers, keys = ns .. ':identity:consumers', ns .. ':identity:keys'

-- missing, or reserved for one of the cluster's own services; nil when it may be changed.
local function refusal(name)
  local kind = redis.call('HMGET', application_key(name), 'name', 'service')
  if not kind[1] then return { 'missing' } end
  if kind[2] == '1' then return { 'reserved' } end
  return nil
end

local function set_secrets(name, appid, consumer_key, key_digest)
  local old = redis.call('HMGET', application_key(name), 'consumer_key', 'key_digest')
  if old[1] then redis.call('HDEL', consumers, old[1]) end
  if old[2] then redis.call('HDEL', keys, old[2]) end
  redis.call('HSET', application_key(name), 'appid', appid, 'consumer_key', consumer_key, 'key_digest', key_digest)
  redis.call('HSET', consumers, consumer_key, name)
  redis.call('HSET', keys, key_digest, name)
end
