-- commit.lua: keeps what one refresh, one weighing of causes or one word from incidents changed in a provider's events.
-- Events: csp.event.opened, .updated, .resolved for those that say so.
-- Arguments: 1 provider, 2 the generation it was reckoned from, 3 the provider's state (JSON; '' leaves it), 4 its components (JSON; '' leaves
--   them), 5 how many events, 6 how many to forget; then of each event: id, what to tell ('opened', 'updated', 'resolved', ''), json, memo,
--   raw ('' leaves it), score (start in s), '1' for active, words ('' leaves them), json for the bus, when to tell incidents in ms ('' leaves
--   that, 'done' takes it away); then the ids to forget.
-- Answers: {'ok', generation}, {'stale', generation}, {'missing'}.

local provider = arg(1)
local key = base .. 'provider:' .. provider
local generation = redis.call('HGET', key, 'generation')
if not generation then return { 'missing' } end
if generation ~= arg(2) then return { 'stale', generation } end

if arg(3) ~= '' then redis.call('HSET', key, 'state', arg(3)) end
if arg(4) ~= '' then redis.call('HSET', key, 'components', arg(4)) end
local count, forgotten = tonumber(arg(5)), tonumber(arg(6))
local n = 7
for _ = 1, count do
  local id, told, work = arg(n), arg(n + 1), arg(n + 9)
  keep(provider, id, {
    json = arg(n + 2), memo = arg(n + 3), raw = arg(n + 4), score = arg(n + 5), active = arg(n + 6), words = arg(n + 7),
  })
  if told ~= '' then publish('csp.event.' .. told, '"provider":' .. cjson.encode(provider) .. ',"event":' .. arg(n + 8)) end
  if work == 'done' then
    redis.call('ZREM', base .. 'work', id)
  elseif work ~= '' then
    redis.call('ZADD', base .. 'work', work, id)
  end
  n = n + 10
end
for i = n, n + forgotten - 1 do forget(provider, arg(i)) end
return { 'ok', redis.call('HINCRBY', key, 'generation', 1) }
