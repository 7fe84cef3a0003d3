-- subscription-record.lua: what every script that changes a subscription shares; mail-record.lua comes before it.
-- A subscription is a hash: email (JSON text), address (lower case), state, components, severities (JSON arrays), language, created_at,
-- created_ms, confirmed_at, asked (mails to confirm so far), asked_at, words, version, and `json`, the Subscription as it is sent.

local subscriptions = ns .. ':comms:subscriptions'
local subscription_addresses = ns .. ':comms:subscription-addresses'

local function subscription_key(id) return ns .. ':comms:subscription:' .. id end

local function load_subscription(id)
  local flat, found = redis.call('HGETALL', subscription_key(id)), {}
  for i = 1, #flat, 2 do found[flat[i]] = flat[i + 1] end
  if found.id then return found end
  return nil
end

local function index_subscription(found)
  redis.call('ZADD', subscriptions, found.created_ms, found.id)
  for _, state in ipairs({ 'pending', 'confirmed' }) do
    if state == found.state then
      redis.call('ZADD', subscriptions .. ':' .. state, found.created_ms, found.id)
    else
      redis.call('ZREM', subscriptions .. ':' .. state, found.id)
    end
  end
  for word in found.words:gmatch('%S+') do redis.call('ZADD', subscriptions .. ':word:' .. word, found.created_ms, found.id) end
end

-- Stores it as its next version.
local function save_subscription(found)
  found.version = string.format('%d', (tonumber(found.version) or 0) + 1)
  found.json = '{"id":"' .. found.id .. '","email":' .. found.email .. ',"state":"' .. found.state .. '","components":'
    .. found.components .. ',"severities":' .. found.severities .. ',"language":"' .. found.language .. '","created_at":'
    .. found.created_at .. ',"confirmed_at":' .. found.confirmed_at .. ',"version":' .. found.version .. '}'
  local flat = {}
  for field, value in pairs(found) do
    flat[#flat + 1] = field
    flat[#flat + 1] = value
  end
  redis.call('HSET', subscription_key(found.id), unpack(flat))
  index_subscription(found)
end

local function remove_subscription(found)
  redis.call('DEL', subscription_key(found.id))
  redis.call('HDEL', subscription_addresses, found.address)
  redis.call('ZREM', subscriptions, found.id)
  redis.call('ZREM', subscriptions .. ':' .. found.state, found.id)
  for word in found.words:gmatch('%S+') do redis.call('ZREM', subscriptions .. ':word:' .. word, found.id) end
end

-- The bus gets the id alone: no mail address.
local function tell_subscription(event, found) publish(event, '"subscription":{"id":"' .. found.id .. '"}') end
