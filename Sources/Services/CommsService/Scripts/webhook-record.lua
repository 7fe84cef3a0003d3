-- webhook-record.lua: what the mutations of webhooks share. The keys and fields are described in WebhooksStore.swift.
local WEBHOOKS, DUE = ns .. ':comms:webhooks', ns .. ':comms:webhooks:due'
local function webhook_key(id) return ns .. ':comms:webhook:' .. id end
local function delivery_key(id) return ns .. ':comms:delivery:' .. id end

local function fields_of(key)
  local flat, fields = redis.call('HGETALL', key), {}
  if #flat == 0 then return nil end
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end

local function write(key, fields)
  local flat = {}
  for name, value in pairs(fields) do
    flat[#flat + 1] = name
    flat[#flat + 1] = value
  end
  redis.call('HSET', key, unpack(flat))
end

-- The webhook arg(1) names, when it is at the version arg(2), or a refusal.
local function begin()
  local webhook = fields_of(webhook_key(arg(1)))
  if not webhook then return nil, { 'missing' } end
  if arg(2) ~= '' and arg(2) ~= webhook.version then return nil, { 'version', webhook.version } end
  return webhook
end

-- `address`: a member of its own, `url` for who may read it, `origin` for the bus.
local function shown(webhook, address)
  return '{"id":"' .. webhook.id .. '","' .. address .. '":"' .. webhook[address]
    .. '","events":' .. webhook.events
    .. ',"description":' .. webhook.description
    .. ',"format":"' .. webhook.format
    .. '","state":"' .. webhook.state
    .. '","owner":' .. webhook.owner
    .. ',"created_at":' .. webhook.created_at
    .. ',"updated_at":' .. webhook.updated_at
    .. ',"rotated_at":' .. webhook.rotated_at
    .. ',"failing_since":' .. webhook.failing_since
    .. ',"version":' .. webhook.version .. '}'
end

-- Writes the webhook one version on and publishes `event`, which also names what `changed` (a JSON array).
local function save(webhook, event, changed)
  webhook.version = string.format('%d', tonumber(webhook.version) + 1)
  webhook.updated_at = string.format('%d', now)
  webhook.json = shown(webhook, 'url')
  write(webhook_key(webhook.id), webhook)
  publish(event, '"webhook":' .. shown(webhook, 'origin') .. (changed and ',"changed":' .. changed or ''))
end
