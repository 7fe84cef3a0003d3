-- event-index.lua: what the scripts share that write events. An event is a hash: `json` as it is sent, `memo` (what the next poll and the
-- reaction need), `raw` (the item of the feed), `score`, `words`. The key schema is in the header of CSPStore.swift.

local base = ns .. ':csp:'

local function unindex_words(id, words)
  for word in string.gmatch(words or '', '%S+') do redis.call('ZREM', base .. 'word:' .. word, id) end
end

local function forget(provider, id)
  local key = base .. 'event:' .. id
  unindex_words(id, redis.call('HGET', key, 'words'))
  redis.call('DEL', key)
  for _, index in ipairs({ 'all', 'active', 'work', 'from:' .. provider, 'active:' .. provider }) do
    redis.call('ZREM', base .. index, id)
  end
end

local function keep(provider, id, event)
  local key = base .. 'event:' .. id
  local old = redis.call('HMGET', key, 'words', 'score')
  redis.call('HSET', key, 'memo', event.memo, 'score', event.score)
  if event.json ~= '' then redis.call('HSET', key, 'json', event.json) end
  if event.raw ~= '' then redis.call('HSET', key, 'raw', event.raw) end
  for _, index in ipairs({ 'all', 'from:' .. provider }) do redis.call('ZADD', base .. index, event.score, id) end
  for _, index in ipairs({ 'active', 'active:' .. provider }) do
    if event.active == '1' then redis.call('ZADD', base .. index, event.score, id) else redis.call('ZREM', base .. index, id) end
  end
  if event.words ~= '' and (event.words ~= old[1] or event.score ~= old[2]) then
    unindex_words(id, old[1])
    for word in string.gmatch(event.words, '%S+') do redis.call('ZADD', base .. 'word:' .. word, event.score, id) end
    redis.call('HSET', key, 'words', event.words)
  end
end
