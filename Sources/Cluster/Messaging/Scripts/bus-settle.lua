-- A person decides about a dead letter. Comes after bus-groups.lua.
-- Arguments: 1 uuid  2 'replay' or 'discard'  3 a group, '' for all  4 an entry of `errors`  5 seconds an error history is kept
-- Events: message.replayed, message.discarded. Answers {'ok', groups…}; {'missing'}; {'invalid'}: it cannot be replayed.
local uuid, replays, settled, others = arg(1), arg(2) == 'replay', {}, false
for _, group in ipairs(owners()) do
  local dead = bus .. ':dead:' .. group
  if redis.call('ZSCORE', dead, uuid) then
    if arg(3) ~= '' and arg(3) ~= group then
      others = true
    else
      if replays and group == 'invalid' then return { 'invalid' } end
      settled[#settled + 1] = group
      redis.call('ZREM', dead, uuid)
      if replays then
        redis.call('HSET', bus .. ':held:' .. group .. ':' .. uuid, 'count', '0')
        redis.call('ZADD', bus .. ':deferred:' .. group, now_ms, uuid)
      else
        redis.call('DEL', bus .. ':held:' .. group .. ':' .. uuid)
      end
    end
  end
end
if #settled == 0 then return { 'missing' } end
redis.call('RPUSH', bus .. ':errors:' .. uuid, arg(4))
if not others then redis.call('EXPIRE', bus .. ':errors:' .. uuid, arg(5)) end
publish(replays and 'message.replayed' or 'message.discarded',
  '"message_uuid":"' .. uuid .. '","groups":["' .. table.concat(settled, '","') .. '"]')
return { 'ok', unpack(settled) }
