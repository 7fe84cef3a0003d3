-- Reads only. KEYS[1]: namespace. Arguments: 1 webhook, then either 2 how many to pass over, 3 how many to answer at most, or 2 a delivery.
-- Answers: {total, json, …}, newest first, attempts included; {} when there is no such webhook.
local base = KEYS[1] .. ':comms:'
local key = base .. 'webhook:' .. ARGV[1]
if redis.call('EXISTS', key) == 0 then return {} end

local ids = {}
if ARGV[3] then
  local start = tonumber(ARGV[2])
  ids = redis.call('ZREVRANGE', key .. ':deliveries', start, start + tonumber(ARGV[3]) - 1)
elseif redis.call('ZSCORE', key .. ':deliveries', ARGV[2]) then
  ids = { ARGV[2] }
end

local answer = { redis.call('ZCARD', key .. ':deliveries') }
for _, id in ipairs(ids) do
  local json = redis.call('HGET', base .. 'delivery:' .. id, 'json')
  if json then
    local attempts = redis.call('LRANGE', base .. 'delivery:' .. id .. ':attempts', 0, -1)
    answer[#answer + 1] = string.sub(json, 1, -2) .. ',"attempts":[' .. table.concat(attempts, ',') .. ']}'
  end
end
return answer
