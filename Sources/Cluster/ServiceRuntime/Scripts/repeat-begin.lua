-- The first call with an Idempotency-Key begins; a later one gets its answer.
-- KEYS[1] the record   ARGV 1 digest of the body  2 seconds a call may run
-- Answers {'begin'}, {'running'}, {'other'} (another body) or {'answered', status, location, type, body}.
local kept = redis.call('HMGET', KEYS[1], 'digest', 'status', 'location', 'type', 'body')
if not kept[1] then
  redis.call('HSET', KEYS[1], 'digest', ARGV[1])
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  return { 'begin' }
end
if kept[1] ~= ARGV[1] then return { 'other' } end
if not kept[2] then return { 'running' } end
return { 'answered', kept[2], kept[3], kept[4], kept[5] }
